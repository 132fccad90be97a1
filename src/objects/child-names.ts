/**
 * All names of the children of a znode. A list and what has gone from it, not a Set: to make a Set of 100,000 strings takes
 * longer than to read them.
 */
import type { Weighed } from "./generation-cache.ts";

/** Names that are looked through for one of them. */
const SEARCHED_MAX = 64;

export class ChildNames implements Weighed {
  #names: string[];
  readonly #gone = new Set<string>();

  constructor(names: string[]) {
    this.#names = names;
  }

  get weight(): number {
    return 1 + this.#names.length;
  }

  /** Adds a name that is not among them. */
  add(name: string): void {
    if (!this.#gone.delete(name)) this.#names.push(name);
  }

  /** Removes a name that is among them. */
  delete(name: string): void {
    this.#gone.add(name);
  }

  /** Whether a name is known not to be among them: of a long list nothing is known. */
  lacks(name: string): boolean {
    if (this.#gone.has(name)) return true;
    return this.#names.length <= SEARCHED_MAX && !this.#names.includes(name);
  }

  /** In no particular order. Of no use any more after the next change. */
  list(): readonly string[] {
    if (this.#gone.size > 0) {
      this.#names = this.#names.filter((name) => !this.#gone.has(name));
      this.#gone.clear();
    }
    return this.#names;
  }
}
