/**
 * Locks that somebody was refused. Who asks for one of them without waiting is likely to be refused again, and looks first: that
 * writes nothing, where standing in line and leaving it writes eight rows. Elsewhere to look first would be a batch more.
 */

/** The oldest is forgotten then. */
const PATHS_MAX = 1_000;

export class ContendedPaths {
  readonly #paths = new Set<string>();

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Somebody was refused. */
  add(path: string): void {
    this.#paths.delete(path);
    this.#paths.add(path);
    const [oldest] = this.#paths;
    if (this.#paths.size > PATHS_MAX && oldest !== undefined) this.#paths.delete(oldest);
  }

  /** Nobody is in the way any more. */
  delete(path: string): void {
    this.#paths.delete(path);
  }
}
