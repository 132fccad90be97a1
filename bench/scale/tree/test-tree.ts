/**
 * A tree of znodes of 100 bytes, a thousand under each parent, that knows what each of them must hold.
 */
import type { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { type ReplyHeader, readStat } from "../../../src/protocol/records.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import { hasBytesAt } from "../../bytes.ts";
import type { ErrorLog } from "../../error-log.ts";
import { DATA_BYTES, OPEN_ACL, znodeData, znodeName } from "../../znode.ts";
import type { ClientSession } from "../../client-session.ts";
import { type Job, runJobs } from "../pipeline.ts";
import { Random } from "../random.ts";

const CHILDREN = 1_000;
const LOAD_IN_FLIGHT = 64;

export class TestTree {
  readonly size: number;
  readonly #root: string;
  /** How often each znode was set. */
  readonly #versions: Int32Array;

  constructor(root: string, size: number) {
    this.#root = root;
    this.size = size;
    this.#versions = new Int32Array(size);
  }

  get parents(): number {
    return Math.ceil(this.size / CHILDREN);
  }

  /** Creates all of it, each session some of the parents. */
  async load(sessions: readonly ClientSession[], errors: ErrorLog): Promise<void> {
    const nothing = new Uint8Array(0);
    const request = { type: OpCode.create, data: nothing, acl: OPEN_ACL, flags: 0 } as const;
    const first = sessions[0] as ClientSession;
    await first.request({ ...request, path: this.#root });
    const parents = Array.from({ length: this.parents }, (_, parent) =>
      first.request({ ...request, path: this.#parentPath(parent) }),
    );
    await Promise.all(parents);
    const jobs = sessions.map((_, session) => this.#loadJob(session, sessions.length));
    const created = await runJobs(sessions, jobs, { inFlight: LOAD_IN_FLIGHT, errors });
    if (created !== this.size) errors.add(`${created} of ${this.size} creates were answered`);
  }

  /** Asks every parent for its number of children, and reads znodes from all over the tree. */
  async verify(session: ClientSession, samples: number, errors: ErrorLog): Promise<void> {
    const counts: Job = {
      request: (index) =>
        index < this.parents
          ? { type: OpCode.exists, path: this.#parentPath(index), watch: false }
          : undefined,
      check: (index, header, body) => {
        const expected = Math.min(CHILDREN, this.size - index * CHILDREN);
        const found = header.err === 0 ? readStat(body).numChildren : `error ${header.err}`;
        return found === expected
          ? undefined
          : `${this.#parentPath(index)} has ${found} children where ${expected} were created`;
      },
    };
    const options = { inFlight: LOAD_IN_FLIGHT, errors };
    await runJobs([session], [counts], options);
    await runJobs([session], [this.getJob(0, 1, LOAD_IN_FLIGHT, samples)], options);
  }

  /** Reads random znodes among those of one of `sessions` sessions, with at most `inFlight` at once. */
  getJob(session: number, sessions: number, inFlight: number, count: number = Infinity): Job {
    const pick = this.#picker(session, sessions, inFlight);
    return {
      request: (index) =>
        index < count
          ? { type: OpCode.getData, path: this.path(pick.next(index)), watch: false }
          : undefined,
      check: (index, header, body) => this.checkData(pick.of(index), header, body),
    };
  }

  /** Sets random znodes among those of one of `sessions` sessions, to what they hold already. */
  setJob(session: number, sessions: number, inFlight: number): Job {
    const pick = this.#picker(session, sessions, inFlight);
    const expected = new Int32Array(inFlight);
    return {
      request: (index) => {
        const znode = pick.next(index);
        const version = (this.#versions[znode] as number) + 1;
        this.#versions[znode] = version;
        expected[index % inFlight] = version;
        const data = znodeData(znode, 0);
        return { type: OpCode.setData, path: this.path(znode), data, version: -1 };
      },
      check: (index, header, body) => {
        const path = this.path(pick.of(index));
        if (header.err !== 0) return `setData of ${path} answered with error ${header.err}`;
        const { version } = readStat(body);
        const due = expected[index % inFlight];
        return version === due ? undefined : `${path} has version ${version} where ${due} is due`;
      },
    };
  }

  /** Undefined when a getData was answered with what the znode must hold. */
  checkData(znode: number, header: ReplyHeader, body: JuteReader): string | undefined {
    const path = this.path(znode);
    if (header.err !== 0) return `getData of ${path} answered with error ${header.err}`;
    const data = body.readBuffer();
    const isRight = data?.length === DATA_BYTES && hasBytesAt(data, 0, znodeData(znode, 0));
    if (!isRight) return `${path} does not hold what was written`;
    const { version } = readStat(body);
    const due = this.#versions[znode];
    return version === due ? undefined : `${path} has version ${version} where ${due} is due`;
  }

  path(znode: number): string {
    return `${this.#parentPath(Math.trunc(znode / CHILDREN))}/${znodeName(znode % CHILDREN)}`;
  }

  #parentPath(parent: number): string {
    return `${this.#root}/p${String(parent).padStart(4, "0")}`;
  }

  #loadJob(session: number, sessions: number): Job {
    const znodeOf = (index: number): number =>
      (Math.trunc(index / CHILDREN) * sessions + session) * CHILDREN + (index % CHILDREN);
    return {
      request: (index): Request | undefined => {
        const znode = znodeOf(index);
        if (znode >= this.size) return undefined;
        const data = znodeData(znode, 0);
        return { type: OpCode.create, path: this.path(znode), data, acl: OPEN_ACL, flags: 0 };
      },
      check: (index, header, body) => {
        const path = this.path(znodeOf(index));
        if (header.err !== 0) return `create of ${path} answered with error ${header.err}`;
        const created = body.readString();
        return created === path ? undefined : `create of ${path} answered with ${created}`;
      },
    };
  }

  /** Picks a random znode for each request, and knows it again when the reply is there. */
  #picker(session: number, sessions: number, inFlight: number) {
    const picked = new Int32Array(inFlight);
    const random = new Random(session);
    const owned = Math.floor((this.size - session - 1) / sessions) + 1;
    return {
      next: (index: number): number => {
        const znode = random.below(owned) * sessions + session;
        picked[index % inFlight] = znode;
        return znode;
      },
      of: (index: number): number => picked[index % inFlight] as number,
    };
  }
}
