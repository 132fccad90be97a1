/**
 * Those who share a server with the writers while it is killed: one who reads and watches, and sessions that come,
 * leave ephemerals and go.
 */
import { CreateFlags, EventType, OpCode } from "../../../src/protocol/op-code.ts";
import type { Zxid } from "../../../src/protocol/records.ts";
import type { Ledger } from "./kill-ledger.ts";
import type { ObservedZnode } from "./kill-model.ts";
import type { Address } from "./tcp-connection.ts";
import {
  ConnectionLost,
  type LogEntry,
  OPEN_ACL,
  SessionRefused,
  WireSession,
} from "./wire-session.ts";

/** Reads counters and watches them: what it was shown must be there after a crash. */
export class Observer {
  readonly #paths: readonly string[];
  readonly #ledger: Ledger;
  /** The least that each counter must be, from what was read and which events came. */
  readonly #seen = new Map<string, { version: number; mzxid: Zxid }>();

  constructor(paths: readonly string[], ledger: Ledger) {
    this.#paths = paths;
    this.#ledger = ledger;
  }

  /** Reads, and leaves a watch, again and again until the connection is lost. */
  async run(session: WireSession): Promise<void> {
    let at = session.log.length;
    const takeEvents = (): void => {
      for (; at < session.log.length; at++) this.#takeEvent(session.log[at]);
    };
    try {
      for (let turn = 0; session.end === undefined; turn++) {
        const path = this.#paths[turn % this.#paths.length] as string;
        const { stat } = await session.getData(path, true);
        // Events before the reply are of an earlier watch, those behind it of this one.
        const reply = session.log.findIndex((entry, i) => i >= at && entry.kind === "reply");
        for (; at < reply; at++) this.#takeEvent(session.log[at]);
        const seen = this.#seen.get(path);
        if (seen !== undefined && (stat.version < seen.version || stat.mzxid < seen.mzxid)) {
          this.#ledger.fail(`observer: ${path} went back from ${seen.version} to ${stat.version}`);
        }
        this.#seen.set(path, { version: stat.version, mzxid: stat.mzxid });
        this.#ledger.saw(session.lastZxid);
        takeEvents();
      }
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
    }
    takeEvents();
  }

  /** Fails when something that was shown is not there any more. */
  check(all: ReadonlyMap<string, ObservedZnode>): void {
    for (const [path, { version, mzxid }] of this.#seen) {
      const stat = all.get(path)?.stat;
      if (stat === undefined || stat.version < version || stat.mzxid < mzxid) {
        this.#ledger.fail(
          `observer: ${path} was shown with version ${version}, now ${stat?.version}`,
        );
      }
    }
  }

  /** What a counter was changed to is not known then, but that it was. */
  #takeEvent(entry: LogEntry | undefined): void {
    if (entry?.kind !== "event") return;
    const seen = this.#seen.get(entry.path);
    if (entry.type !== EventType.nodeDataChanged || seen === undefined) {
      this.#ledger.fail(`observer: event ${entry.type} for ${entry.path}`);
    } else {
      this.#seen.set(entry.path, { ...seen, version: seen.version + 1 });
    }
  }

  /** Sets the watches again as clients do: what changed since must fire at once, and nothing else. */
  async restoreWatches(
    session: WireSession,
    all: ReadonlyMap<string, ObservedZnode>,
  ): Promise<void> {
    const relativeZxid = session.lastZxid;
    const dataWatches = [...this.#seen.keys()];
    const expected = dataWatches.filter((path) => {
      const stat = all.get(path)?.stat;
      return stat !== undefined && stat.mzxid > relativeZxid;
    });
    const fired: string[] = [];
    session.onEvent = (_, path) => fired.push(path);
    const lists = { dataWatches, existWatches: [], childWatches: [] };
    await session.ask({ type: OpCode.setWatches, relativeZxid, ...lists });
    if (fired.join() !== expected.join()) {
      this.#ledger.fail(`observer: events for [${fired.join()}], not [${expected.join()}]`);
    }
  }
}

/** Where sessions that come and go leave their ephemerals. */
export const VISITORS = "/kill/visitors";

/** How far a visit got before the server was killed. */
interface Visit {
  readonly session: WireSession;
  /** Paths of the ephemerals that were acknowledged. */
  readonly created: string[];
  isClosing: boolean;
  isClosed: boolean;
}

const EPHEMERALS_PER_VISIT = 3;
/** Visits whose session is tried again after a crash. */
const TRIED_MAX = 5;

/** Opens sessions that leave ephemerals and close again. */
export class Visitors {
  readonly #ledger: Ledger;
  #visits: Visit[] = [];
  closed = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** One visit after the other until the server is gone. */
  async run(address: Address): Promise<void> {
    for (;;) {
      let session: WireSession;
      try {
        session = await WireSession.open(address, { timeoutMs: 20_000 });
      } catch {
        return; // Nobody there any more.
      }
      const visit: Visit = { session, created: [], isClosing: false, isClosed: false };
      this.#visits.push(visit);
      try {
        await this.#visit(visit);
      } catch (error) {
        if (!(error instanceof ConnectionLost)) this.#ledger.fail(`visitor: ${String(error)}`);
        return;
      }
    }
  }

  /** The sessions that may still have ephemerals. */
  get openSessions(): number[] {
    return this.#visits.filter((visit) => !visit.isClosed).map(({ session }) => session.sessionId);
  }

  /** Checks that who closed is gone with all that it left, and who did not close is there with all that it had. */
  async check(address: Address, all: ReadonlyMap<string, ObservedZnode>): Promise<void> {
    const closed = this.#visits.filter((visit) => visit.isClosed);
    const open = this.#visits.filter((visit) => !visit.isClosed);
    for (const visit of closed) this.#expectGone(visit, all);
    for (const { session } of closed.slice(-TRIED_MAX)) {
      const resumed = await resume(address, session);
      if (resumed !== undefined) this.#ledger.fail(`visitor: a closed session was resumed`);
      resumed?.drop();
    }
    for (const visit of open) await this.#checkOpen(address, visit, all);
    this.closed += closed.length;
    this.#visits = [];
  }

  async #visit(visit: Visit): Promise<void> {
    const { session, created } = visit;
    const request = {
      type: OpCode.create,
      path: `${VISITORS}/v-`,
      data: new Uint8Array(0),
      acl: OPEN_ACL,
      flags: CreateFlags.ephemeralSequential,
    } as const;
    const creates = Array.from({ length: EPHEMERALS_PER_VISIT }, async (): Promise<void> => {
      const { reply, zxid } = await session.request(request);
      this.#ledger.wrote(zxid, "visitor");
      created.push(reply?.path ?? "");
    });
    // Every other time the close leaves in one piece with them.
    if (this.#visits.length % 2 === 0) await Promise.all(creates);
    visit.isClosing = true;
    const closes = session.request({ type: OpCode.closeSession });
    const [{ zxid }] = await Promise.all([closes, ...creates]);
    this.#ledger.wrote(zxid, "visitor's close");
    visit.isClosed = true;
    await session.connection.ended();
  }

  #expectGone({ session }: Visit, all: ReadonlyMap<string, ObservedZnode>): void {
    const left = ownedBy(session.sessionId, all);
    if (left.length > 0) this.#ledger.fail(`visitor: ${left.join()} of a session that is closed`);
  }

  async #checkOpen(
    address: Address,
    visit: Visit,
    all: ReadonlyMap<string, ObservedZnode>,
  ): Promise<void> {
    const resumed = await resume(address, visit.session);
    if (resumed === undefined) {
      // The close was done, though nobody was told: then all of it was.
      if (!visit.isClosing) this.#ledger.fail("visitor: a session is lost that was not closed");
      this.#expectGone(visit, all);
      return;
    }
    const owned = new Set(ownedBy(visit.session.sessionId, all));
    const missing = visit.created.filter((path) => !owned.has(path));
    if (missing.length > 0) this.#ledger.fail(`visitor: ${missing.join()} is lost`);
    await resumed.close();
  }
}

/** Takes a session up again; undefined when the server says that it is over. */
export async function resume(
  address: Address,
  session: WireSession,
): Promise<WireSession | undefined> {
  try {
    return await WireSession.open(address, {
      resume: session,
      lastZxidSeen: session.lastZxid,
      timeoutMs: session.timeoutMs,
    });
  } catch (error) {
    if (error instanceof SessionRefused) return undefined;
    throw error;
  }
}

function ownedBy(sessionId: number, all: ReadonlyMap<string, ObservedZnode>): string[] {
  return [...all].filter(([, { stat }]) => stat.ephemeralOwner === sessionId).map(([path]) => path);
}
