/**
 * What a watch does to whoever waits for it.
 */
export class WakeUp {
  /** Resolves when `wake` was called. */
  readonly woken: Promise<void>;
  #resolve: (() => void) | undefined;

  constructor() {
    this.woken = new Promise((resolve) => (this.#resolve = resolve));
  }

  readonly wake = (): void => this.#resolve?.();
}
