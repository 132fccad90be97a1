/**
 * Which server to try next, and when: all of them in random order, and between rounds a pause that doubles.
 */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly maxMs: number;
}

export class AddressList {
  readonly #addresses: readonly string[];
  readonly #backoff: BackoffOptions;
  readonly #random: () => number;
  #round: string[] = [];
  /** Since a connection last worked. */
  #rounds = 0;

  constructor(addresses: readonly string[], backoff: BackoffOptions, random: () => number) {
    this.#addresses = addresses;
    this.#backoff = backoff;
    this.#random = random;
  }

  get size(): number {
    return this.#addresses.length;
  }

  next(): string {
    if (this.#round.length === 0) {
      this.#round = this.#shuffled();
      this.#rounds++;
    }
    return this.#round.pop() as string;
  }

  /** Milliseconds to wait before the next address is tried. */
  nextDelayMs(): number {
    if (this.#round.length > 0) return 0;
    const { initialMs, maxMs } = this.#backoff;
    const pauseMs = Math.min(maxMs, initialMs * 2 ** Math.max(0, this.#rounds - 1));
    return pauseMs * this.#random();
  }

  /** A connection works: what comes after it starts from the beginning. */
  onSuccess(): void {
    if (this.#rounds === 0) return;
    this.#round = [];
    this.#rounds = 0;
  }

  #shuffled(): string[] {
    const addresses = [...this.#addresses];
    for (let i = addresses.length - 1; i > 0; i--) {
      const other = Math.floor(this.#random() * (i + 1));
      [addresses[i], addresses[other]] = [addresses[other] as string, addresses[i] as string];
    }
    return addresses;
  }
}
