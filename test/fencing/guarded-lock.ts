/**
 * A lock with its resource and its ledger: what clients of every kind use.
 */
import { FencedResource } from "./fenced-resource.ts";
import { type Holder, Ledger } from "./ledger.ts";

/** Bugs that may be put in, to see whether they are found. */
export type Bug = "resource does not check" | "lock does not exclude" | "tokens do not grow";

export class GuardedLock {
  readonly ledger = new Ledger();
  readonly #path: string;
  readonly #bug: Bug | undefined;
  readonly #resource: FencedResource;

  constructor(path: string, bug?: Bug) {
    this.#path = path;
    this.#bug = bug;
    this.#resource = new FencedResource(bug !== "resource does not check");
  }

  /** Where a client finds the lock. */
  pathFor(client: string): string {
    return this.#bug === "lock does not exclude" ? `${this.#path}-${client}` : this.#path;
  }

  enter(name: string, token: number, isValid: () => boolean): Holder {
    const holder = { name, token: this.#bug === "tokens do not grow" ? 1 : token, isValid };
    this.ledger.enter(holder);
    return holder;
  }

  write(holder: Holder): void {
    this.ledger.write(holder, this.#resource.write(holder.token));
  }

  leave(holder: Holder): void {
    this.ledger.leave(holder);
  }
}
