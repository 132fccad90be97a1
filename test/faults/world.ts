/**
 * What a fault run happens in: one server, its clients, one clock, and a history of all that is worth telling.
 */
import { createHash } from "node:crypto";
import type { Session, ZooKeeper } from "../../src/client/index.ts";
import { type ManualClock, type SeededRandom, type TestServer } from "../../src/testing/index.ts";

export interface FaultClient {
  /** `c0`, `c1`, … */
  readonly name: string;
  readonly zk: ZooKeeper;
  /** For this client's choices alone. */
  readonly random: SeededRandom;
}

/**
 * - `faults`: things go wrong, and clients act.
 * - `calm`: nothing goes wrong any more, and every client must get something done.
 * - `over`: clients finish what they are at, and do not begin anything.
 */
export type Phase = "faults" | "calm" | "over";

const PROBLEMS_MAX = 20;

export class World {
  readonly clock: ManualClock;
  readonly server: TestServer<ManualClock>;
  readonly clients: FaultClient[] = [];
  readonly problems: string[] = [];
  phase: Phase = "faults";
  readonly #history: string[] = [];
  readonly #killed = new WeakSet<Session>();

  constructor(server: TestServer<ManualClock>) {
    this.server = server;
    this.clock = server.clock;
  }

  get history(): readonly string[] {
    return this.#history;
  }

  /** The same for the same history, and only for it. */
  get historyHash(): string {
    return createHash("sha1").update(this.#history.join("\n"), "utf8").digest("base64");
  }

  log(text: string): void {
    this.#history.push(`${String(Math.round(this.clock.now())).padStart(7)} ${text}`);
  }

  /** Something has happened that must not. */
  report(problem: string): void {
    this.log(`PROBLEM ${problem}`);
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.startTimer(resolve, ms));
  }

  /** Ends a client's session on the server, which a client cannot know in time. */
  kill({ zk }: FaultClient): void {
    if (zk.session === undefined) return;
    this.#killed.add(zk.session);
    this.server.expireSession(zk);
  }

  /** Whether a session was ended before its time, so that its client was right to believe in it. */
  wasKilled(session: Session): boolean {
    return this.#killed.has(session);
  }
}
