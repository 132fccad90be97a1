/**
 * A session that writes as fast as it is answered, knows what every answer must be, and, after a crash, what the
 * server may and must still have.
 */
import { CreateFlags, OpCode } from "../../../src/protocol/op-code.ts";
import type { SessionId } from "../../../src/protocol/records.ts";
import type { MultiResult, Reply } from "../../../src/protocol/replies.ts";
import type { MultiOp, Request } from "../../../src/protocol/requests.ts";
import type { Ledger } from "./kill-ledger.ts";
import {
  type Expected,
  type ObservedZnode,
  SHARED,
  sharedKey,
  type Stamp,
  WriterModel,
} from "./kill-model.ts";
import type { Random } from "./random.ts";
import { type Answer, ConnectionLost, OPEN_ACL, type WireSession } from "./wire-session.ts";

/** Znodes of a kind that a writer keeps at most. */
const KEPT_MAX = 40;

interface Sent {
  readonly request: Request;
  readonly stamp: Stamp;
}

export class Writer {
  readonly name: string;
  readonly #folder: string;
  readonly #random: Random;
  readonly #ledger: Ledger;
  readonly #sessionId: SessionId;
  /** The tree after everything that was acknowledged. */
  #acknowledged: WriterModel;
  /** The tree after everything that was sent. */
  #ahead: WriterModel;
  /** Sent and not answered, in order. */
  #unanswered: Sent[] = [];
  #sent = 0;
  #answered = 0;
  onAnswer: () => void = () => {};

  constructor(
    name: string,
    sessionId: SessionId,
    random: Random,
    ledger: Ledger,
    observed: ReadonlyMap<string, ObservedZnode>,
  ) {
    this.name = name;
    this.#folder = folderOf(name);
    this.#sessionId = sessionId;
    this.#random = random;
    this.#ledger = ledger;
    this.#acknowledged = WriterModel.of(pathsOf(name), observed);
    this.#ahead = this.#acknowledged.clone();
  }

  /** Requests answered so far. */
  get answered(): number {
    return this.#answered;
  }

  /** Writes until the connection is lost, with up to `depth` requests in flight. */
  run(session: WireSession, depth: number): Promise<void> {
    return new Promise((resolve) => {
      let inFlight = 0;
      const fill = (): void => {
        while (inFlight < depth && session.end === undefined) {
          inFlight += 1;
          void this.#send(session).then(() => {
            inFlight -= 1;
            fill();
          });
        }
        if (inFlight === 0) resolve();
      };
      fill();
    });
  }

  /**
   * Finds out how many of the unanswered requests the server has done, from what it has.
   *
   * @throws Error when it has what no number of them explains.
   */
  recover(all: ReadonlyMap<string, ObservedZnode>): { unanswered: number; done: number } {
    const observed = this.#ownOf(all);
    const candidate = this.#acknowledged.clone();
    const differences: string[] = [];
    for (let done = 0; ; done++) {
      const found = candidate.compare(observed);
      if (typeof found !== "string") {
        for (const [stamp, zxid] of found) {
          stamp.zxid = zxid;
          this.#ledger.recovered(zxid, `${this.name}, request ${stamp.index}`);
        }
        const unanswered = this.#unanswered.length;
        this.#acknowledged = candidate;
        this.#ahead = candidate.clone();
        this.#unanswered = [];
        return { unanswered, done };
      }
      differences.push(`after ${done} unanswered requests: ${found}`);
      const next = this.#unanswered[done];
      if (next === undefined) break;
      candidate.apply(next.request, this.#sessionId, next.stamp);
    }
    throw new Error(
      `${this.name}: no number of unanswered requests explains what is there\n${differences.join("\n")}`,
    );
  }

  async #send(session: WireSession): Promise<void> {
    const request = this.#nextRequest();
    const stamp: Stamp = { index: this.#sent++, zxid: undefined };
    this.#ahead.apply(request, this.#sessionId, stamp);
    this.#unanswered.push({ request, stamp });
    try {
      this.#take(await session.request(request));
    } catch (error) {
      if (!(error instanceof ConnectionLost)) this.#ledger.fail(`${this.name}: ${String(error)}`);
    }
  }

  #take(answer: Answer): void {
    const sent = this.#unanswered.shift();
    if (sent === undefined) throw new Error("an answer to nothing");
    const { request, stamp } = sent;
    this.#answered += 1;
    this.#ledger.saw(answer.zxid);
    const who = `${this.name}, request ${stamp.index}, op ${request.type}`;
    if (request.type !== OpCode.getData) {
      stamp.zxid = answer.zxid;
      this.#ledger.wrote(answer.zxid, who);
    }
    const expected = this.#acknowledged.apply(request, this.#sessionId, stamp);
    if (answer.err === 0) this.#learnShared(request, answer.reply, who);
    const difference =
      answer.err === expected.err
        ? answer.reply && compareReply(answer.reply, expected)
        : `error ${answer.err}, not ${expected.err}`;
    if (difference !== undefined) this.#ledger.fail(`${who}: ${difference}`);
    this.onAnswer();
  }

  #learnShared(request: Request, reply: Reply | undefined, who: string): void {
    if (request.type === OpCode.delete) this.#acknowledged.forgetShared(request.path);
    if (request.type !== OpCode.create || !request.path.startsWith(SHARED)) return;
    if (reply?.type !== OpCode.create || request.data === null) return;
    this.#acknowledged.nameShared(reply.path, Buffer.from(request.data).toString());
    this.#ledger.gaveSequence(Number(reply.path.slice(-10)), who);
  }

  /** The znodes of this writer, called as the model calls them. */
  #ownOf(all: ReadonlyMap<string, ObservedZnode>): Map<string, ObservedZnode> {
    const own = new Map<string, ObservedZnode>();
    for (const [path, znode] of all) {
      if (path === this.#folder || path.startsWith(`${this.#folder}/`)) {
        own.set(path, znode);
      } else if (path.startsWith(`${SHARED}/`) && znode.data?.startsWith(`${this.name}:`)) {
        const key = sharedKey(znode.data);
        if (own.has(key)) this.#ledger.fail(`${path}: one request, done twice`);
        own.set(key, znode);
        this.#acknowledged.nameShared(path, znode.data);
        this.#ledger.foundSequence(Number(path.slice(-10)));
      }
    }
    return own;
  }

  #nextRequest(): Request {
    const random = this.#random;
    const choices: readonly [number, () => Request][] = [
      [25, () => this.#count(`${this.#folder}/counter`)],
      [3, () => this.#count(`${this.#folder}/large`, this.#random.pick([0, 700, 900, 200_000]))],
      [14, () => this.#createOrTrim("plain", `n-${this.#sent}`, CreateFlags.persistent)],
      [9, () => this.#deleteOne("plain")],
      [7, () => this.#changeOne("plain")],
      [10, () => this.#createOrTrim("sequential", "s-", CreateFlags.persistentSequential)],
      [8, () => this.#deleteOne("sequential")],
      [12, () => this.#multi()],
      [4, () => this.#failingMulti()],
      [4, () => this.#createOrTrim("ephemeral", `e-${this.#sent}`, CreateFlags.ephemeral)],
      [3, () => this.#createOrTrim("ephemeral", "es-", CreateFlags.ephemeralSequential)],
      [5, () => this.#deleteOne("ephemeral")],
      [6, () => create(`${SHARED}/s-`, this.#label(), CreateFlags.persistentSequential)],
      [5, () => this.#deleteShared()],
      [2, () => create(this.#folder, "", CreateFlags.persistent)],
      [1, () => ({ type: OpCode.delete, path: this.#folder, version: -1 })],
      [6, () => ({ type: OpCode.getData, path: `${this.#folder}/counter`, watch: false })],
    ];
    let at = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      at -= weight;
      if (at < 0) return make();
    }
    throw new Error("the weights are more than their sum");
  }

  /** A value that only grows, of as many bytes if need be. */
  #count(path: string, length = 0): Request & MultiOp {
    const value = `${(this.#ahead.get(path)?.version ?? 0) + 1}`;
    const data = Buffer.from(value.padStart(length, "0"));
    return { type: OpCode.setData, path, data, version: -1 };
  }

  #createOrTrim(kind: string, name: string, flags: number): Request {
    const parent = `${this.#folder}/${kind}`;
    if (this.#ahead.childrenOf(parent).length >= KEPT_MAX) return this.#deleteOne(kind);
    const length = this.#random.pick([0, 0, 0, 0, 0, 0, 0, 2_000]);
    return create(`${parent}/${name}`, this.#label().padEnd(length), flags);
  }

  /** Deletes a znode of that kind, or, when there is none, one that never was. */
  #deleteOne(kind: string): Request {
    const parent = `${this.#folder}/${kind}`;
    const path = this.#random.pick(this.#ahead.childrenOf(parent)) ?? `${parent}/none`;
    return { type: OpCode.delete, path, version: -1 };
  }

  /** Changes a znode that is then left alone, mostly: what got lost of it is not made good by the next change. */
  #changeOne(kind: string): Request {
    const parent = `${this.#folder}/${kind}`;
    return this.#count(this.#random.pick(this.#ahead.childrenOf(parent)) ?? `${parent}/none`);
  }

  #deleteShared(): Request {
    const path = this.#random.pick(this.#ahead.sharedPaths);
    return path === undefined ? this.#multi() : { type: OpCode.delete, path, version: -1 };
  }

  /** Three ops that are visible only together: one znode follows another, and is counted. */
  #multi(): Request {
    const folder = `${this.#folder}/multi`;
    const last = this.#ahead.childrenOf(folder);
    const flags = this.#random.pick([CreateFlags.persistent, CreateFlags.ephemeral] as const);
    const ops: MultiOp[] = [
      create(`${folder}/m-${this.#sent}`, this.#label(), flags),
      this.#count(folder),
    ];
    const [gone] = last;
    if (gone !== undefined) ops.push({ type: OpCode.delete, path: gone, version: -1 });
    return { type: OpCode.multi, ops };
  }

  #failingMulti(): Request {
    const folder = `${this.#folder}/multi`;
    const ops: MultiOp[] = [
      create(`${folder}/never-`, this.#label(), CreateFlags.persistentSequential),
      this.#count(folder),
      { type: OpCode.check, path: folder, version: 1_000_000_000 },
    ];
    return { type: OpCode.multi, ops };
  }

  #label(): string {
    return `${this.name}:${this.#sent}`;
  }
}

/** The znodes that a writer needs to begin with. */
export function pathsOf(name: string): string[] {
  const folder = folderOf(name);
  const kinds = ["counter", "large", "plain", "sequential", "ephemeral", "multi"];
  return [folder, ...kinds.map((kind) => `${folder}/${kind}`)];
}

function folderOf(name: string): string {
  return `/kill/${name}`;
}

function create(path: string, data: string, flags: number): Request & MultiOp {
  return { type: OpCode.create, path, data: Buffer.from(data), acl: OPEN_ACL, flags };
}

function compareReply(reply: Reply | MultiResult, expected: Expected): string | undefined {
  switch (reply.type) {
    case OpCode.create:
      if (expected.path === undefined || reply.path === expected.path) return undefined;
      return `created ${reply.path}, not ${expected.path}`;
    case OpCode.getData:
    case OpCode.setData: {
      const { version, mzxid } = reply.stat;
      const { znode } = expected;
      if (version === znode?.version && mzxid === znode.mzxid.zxid) return undefined;
      return `version ${version} of zxid ${mzxid}, not ${znode?.version} of ${znode?.mzxid.zxid}`;
    }
    case OpCode.error:
      if (reply.err === expected.err) return undefined;
      return `result ${reply.err}, not ${expected.err}`;
    case OpCode.multi: {
      const { results = [] } = expected;
      if (reply.results.length !== results.length) return `${reply.results.length} results`;
      return reply.results
        .map((result, i) => compareReply(result, results[i] ?? { err: 0 }))
        .find((difference) => difference !== undefined);
    }
    default:
      return undefined;
  }
}
