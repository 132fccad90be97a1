/**
 * A value that changes, for whoever wants the latest one and not every one: a slow reader skips what it was too late for.
 */
export class LatestValue<T> {
  #current: { readonly value: T } | undefined;
  #end: { readonly error: unknown } | undefined;
  readonly #readers = new Set<() => void>();

  set(value: T): void {
    this.#current = { value };
    this.#wake();
  }

  /** Ends all reading, with an error if there is one. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#wake();
  }

  /** The present value, when there is one, and then whatever is the latest when it is asked for the next. */
  async *values(signal?: AbortSignal): AsyncGenerator<T, void> {
    let seen: { readonly value: T } | undefined;
    for (;;) {
      if (signal?.aborted) return;
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return;
      const current = this.#current;
      if (current !== undefined && current !== seen) {
        seen = current;
        yield current.value;
      } else {
        await this.#change(signal);
      }
    }
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#readers.delete(end);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      this.#readers.add(end);
      signal?.addEventListener("abort", end);
    });
  }

  #wake(): void {
    for (const reader of this.#readers) reader();
  }
}
