/** A client over RPC: a Worker takes the turn, and tells this process what it does. */
import type { Client, Turn } from "./client.ts";
import type { GuardedLock } from "./guarded-lock.ts";
import type { Holder } from "./ledger.ts";

/** What the Worker tells. */
export type Report =
  | {
      readonly turn: string;
      readonly type: "enter";
      readonly token: number;
      readonly validUntil: number;
    }
  | { readonly turn: string; readonly type: "write" | "leave" };

/** The turns that are under way, by what the Worker calls them. */
export class RPCTurns {
  readonly #turns = new Map<
    string,
    { readonly lock: GuardedLock; readonly name: string; holder?: Holder }
  >();
  #next = 0;

  begin(name: string, lock: GuardedLock): string {
    const turn = `${name}.${this.#next++}`;
    this.#turns.set(turn, { lock, name });
    return turn;
  }

  end(turn: string): void {
    this.#turns.delete(turn);
  }

  /** Takes a report of the Worker. */
  onReport(body: string): void {
    const report = JSON.parse(body) as Report;
    const entry = this.#turns.get(report.turn);
    if (entry === undefined) throw new Error(`there is no turn ${report.turn}`);
    const { lock, name } = entry;
    if (report.type === "enter") {
      const { token, validUntil } = report;
      // The Worker's clock is this machine's.
      entry.holder = lock.enter(name, token, () => Date.now() < validUntil);
    } else if (entry.holder !== undefined) {
      lock[report.type](entry.holder);
    }
  }
}

export class RPCClient implements Client {
  readonly name: string;
  readonly #url: URL;
  readonly #turns: RPCTurns;

  constructor(name: string, url: URL, turns: RPCTurns) {
    this.name = name;
    this.#url = url;
    this.#turns = turns;
  }

  async take({ lock, pauseMs, dies }: Turn): Promise<boolean> {
    const turn = this.#turns.begin(this.name, lock);
    try {
      const response = await fetch(new URL("/take", this.#url), {
        method: "POST",
        body: JSON.stringify({ turn, path: lock.pathFor(this.name), pauseMs, dies }),
      });
      const text = await response.text();
      // An event that dies is answered with 500 by the runtime.
      if (response.status === 500 && dies) return true;
      if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
      return text === "taken";
    } finally {
      this.#turns.end(turn);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It has nothing but its requests.
  }
}
