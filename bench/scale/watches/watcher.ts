/**
 * A session that watches many znodes, and knows which events it must get, in which order, and before which replies.
 */
import { EventType, OpCode } from "../../../src/protocol/op-code.ts";
import { readStat, type WatcherEvent } from "../../../src/protocol/records.ts";
import type { ErrorLog } from "../../error-log.ts";
import type { ClientSession } from "../../client-session.ts";
import { type Job, runJobs } from "../pipeline.ts";

const IN_FLIGHT = 128;

export class Watcher {
  readonly session: ClientSession;
  readonly paths: readonly string[];
  /** When the last event came, in milliseconds of `performance.now()`. */
  lastEventMs = 0;
  readonly #name: string;
  readonly #errors: ErrorLog;
  /** What is to fire, in this order, and how much of it has. */
  #expected: readonly string[] = [];
  #received = 0;

  constructor(name: string, session: ClientSession, paths: readonly string[], errors: ErrorLog) {
    this.#name = name;
    this.session = session;
    this.paths = paths;
    this.#errors = errors;
    session.onEvent = (event) => this.#accept(event);
  }

  /** Reads znodes, and leaves a watch on each if told so. */
  async read(paths: readonly string[], watch: boolean): Promise<void> {
    const job: Job = {
      request: (index) => {
        const path = paths[index];
        return path === undefined ? undefined : { type: OpCode.getData, path, watch };
      },
      check: (index, { err }) =>
        err === 0 ? undefined : `${this.#name}: ${paths[index]} answered with error ${err}`,
    };
    await runJobs([this.session], [job], { inFlight: IN_FLIGHT, errors: this.#errors });
  }

  /** From now on these are to fire, in this order, and nothing else. */
  expect(paths: readonly string[]): void {
    this.#expected = paths;
    this.#received = 0;
  }

  /**
   * Reads what is to fire while it fires: the reply with the new version must come behind the event, and the one with
   * the old version before it.
   */
  async readWhileFiring(newVersion: number): Promise<void> {
    const expected = this.#expected;
    const job: Job = {
      request: (index) => {
        const path = expected[index];
        return path === undefined ? undefined : { type: OpCode.getData, path, watch: false };
      },
      check: (index, { err }, body) => {
        if (err !== 0) return `${this.#name}: a read answered with error ${err}`;
        body.readBuffer();
        const isNew = readStat(body).version >= newVersion;
        const isTold = this.#received > index;
        if (isNew === isTold) return undefined;
        return isNew
          ? `${this.#name} saw ${expected[index]} change before it was told`
          : `${this.#name} was told of ${expected[index]} and read what was before`;
      },
    };
    await runJobs([this.session], [job], { inFlight: IN_FLIGHT, errors: this.#errors });
  }

  /** Reads once more, when all is written: everything must have fired before the reply. */
  async readAfterFiring(newVersion: number): Promise<void> {
    await this.readWhileFiring(newVersion);
    const { length } = this.#expected;
    if (this.#received !== length) {
      this.#errors.add(`${this.#name} got ${this.#received} events of ${length}`);
    }
  }

  #accept({ type, path }: WatcherEvent): void {
    this.lastEventMs = performance.now();
    const due = this.#expected[this.#received];
    this.#received += 1;
    if (type === EventType.nodeDataChanged && path === due) return;
    this.#errors.add(`${this.#name} got event ${type} of ${path} where ${due ?? "none"} is due`);
  }
}
