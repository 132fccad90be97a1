/**
 * What a lock guards: it remembers the largest token that it has seen, and refuses smaller ones.
 */
export class FencedResource {
  readonly #isChecking: boolean;
  #highest = 0;

  /** One that does not check is a bug to be found. */
  constructor(isChecking = true) {
    this.#isChecking = isChecking;
  }

  /** Whether the write was taken. */
  write(token: number): boolean {
    if (this.#isChecking && token < this.#highest) return false;
    this.#highest = Math.max(this.#highest, token);
    return true;
  }
}
