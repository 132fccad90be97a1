/**
 * Idle sessions by the thousand, in processes of their own.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Address } from "../../tcp-channel.ts";

export interface OpenOptions {
  readonly count: number;
  readonly http: Address;
  readonly namespace: string;
  readonly timeoutMs: number;
  readonly localAddress: string;
  /** All over one connection to the server, which may not have a file open for each. */
  readonly isMultiplexed: boolean;
}

export type IdleOrder =
  | { readonly kind: "open"; readonly options: OpenOptions }
  | { readonly kind: "beat"; readonly seconds: number; readonly intervalMs: number }
  | { readonly kind: "ask" }
  /** Only to tell how many are alive. */
  | { readonly kind: "look" };

export interface BeatResult {
  readonly sent: number;
  readonly answered: number;
}

export interface IdleResult {
  readonly alive: number;
  readonly failures: readonly string[];
  /** Of an order to ask. */
  readonly answered?: number;
  /** Of an order to beat. */
  readonly beats?: BeatResult;
}

const PER_PROCESS = 5_000;

/** Session timeout and namespace of all of them are the same. */
export class IdleClients {
  readonly #http: Address;
  readonly #namespace: string;
  readonly #timeoutMs: number;
  readonly #children: { readonly child: ChildProcess; sessions: number }[] = [];

  constructor(http: Address, namespace: string, timeoutMs: number) {
    this.#http = http;
    this.#namespace = namespace;
    this.#timeoutMs = timeoutMs;
  }

  /** Opens more sessions, in a process of their own if they are to share a connection. */
  async open(count: number, isMultiplexed = false): Promise<IdleResult> {
    const orders: Promise<IdleResult>[] = [];
    for (let left = count; left > 0;) {
      const process = this.#withRoom(isMultiplexed);
      const here = isMultiplexed ? left : Math.min(left, PER_PROCESS - process.sessions);
      process.sessions += here;
      left -= here;
      const options: OpenOptions = {
        count: here,
        http: this.#http,
        namespace: this.#namespace,
        timeoutMs: this.#timeoutMs,
        // An address has ports for 28,000 connections to one server, and each process one of its own.
        localAddress: `127.0.0.${2 + this.#children.length}`,
        isMultiplexed,
      };
      orders.push(give(process.child, { kind: "open", options }));
    }
    await Promise.all(orders);
    return await this.#giveAll({ kind: "look" });
  }

  /** Sends heartbeats for a time, of each session one an interval. */
  async beat(seconds: number, intervalMs: number): Promise<IdleResult> {
    return await this.#giveAll({ kind: "beat", seconds, intervalMs });
  }

  /** Sends a request on every session. */
  async ask(): Promise<IdleResult> {
    return await this.#giveAll({ kind: "ask" });
  }

  stop(): void {
    for (const { child } of this.#children) child.kill("SIGKILL");
  }

  #withRoom(isAlone: boolean): { readonly child: ChildProcess; sessions: number } {
    const last = this.#children.at(-1);
    if (!isAlone && last !== undefined && last.sessions < PER_PROCESS) return last;
    const child = fork(new URL("./idle-client-process.ts", import.meta.url));
    const added = { child, sessions: 0 };
    this.#children.push(added);
    return added;
  }

  async #giveAll(order: IdleOrder): Promise<IdleResult> {
    const results = await Promise.all(this.#children.map(({ child }) => give(child, order)));
    const sum = (value: (result: IdleResult) => number): number =>
      results.reduce((total, result) => total + value(result), 0);
    return {
      alive: sum(({ alive }) => alive),
      failures: results.flatMap(({ failures }) => failures),
      answered: sum(({ answered }) => answered ?? 0),
      beats: {
        sent: sum(({ beats }) => beats?.sent ?? 0),
        answered: sum(({ beats }) => beats?.answered ?? 0),
      },
    };
  }
}

/** Gives an order and waits until it is done. A process that ends before fails it. */
async function give(child: ChildProcess, order: IdleOrder): Promise<IdleResult> {
  const over = new AbortController();
  const ended = once(child, "exit", { signal: over.signal }).then(([code]) => {
    throw new Error(`a client process ended with ${code}`);
  });
  const done = once(child, "message", { signal: over.signal });
  child.send(order);
  try {
    const [result] = (await Promise.race([done, ended])) as [IdleResult];
    return result;
  } finally {
    for (const other of [ended, done]) other.catch(() => {}); // Nobody waits for it any more.
    over.abort();
  }
}
