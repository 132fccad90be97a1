/**
 * Many timers on the one alarm that an object has.
 *
 * Timers live in memory; whoever owns one schedules it again when the object starts, from what its own rows say.
 * Extension is lazy: an alarm that turns out to be early asks its timer for the next time, so that what moves a
 * deadline (a heartbeat) never moves the alarm, which would cost a row.
 */

/** Does what is due and returns when to be called next, in milliseconds since 1970, or undefined for never. */
export type Timer = (nowMs: number) => number | undefined;

/**
 * How late an alarm must be to count as lost and be set again. Cloudflare speaks of up to a minute on a failover; lost
 * ones have been reported.
 */
const LOST_MS = 60_000;

export class AlarmScheduler {
  readonly #storage: DurableObjectStorage;
  readonly #timers = new Map<string, { readonly run: Timer; dueMs: number | undefined }>();
  /** When the platform's alarm goes off; undefined when none is set. */
  #armedMs: number | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Learns what alarm is set. To be awaited before anything else is called. */
  async start(): Promise<void> {
    this.#armedMs = (await this.#storage.getAlarm()) ?? undefined;
  }

  define(what: string, run: Timer): void {
    this.#timers.set(what, { run, dueMs: undefined });
  }

  /** Sees to it that a timer runs at `dueMs` or soon after, or earlier when it was due earlier. */
  scheduleBy(what: string, dueMs: number): void {
    const timer = this.#timers.get(what);
    if (timer === undefined) throw new RangeError(`no timer ${what}`);
    if (timer.dueMs === undefined || dueMs < timer.dueMs) timer.dueMs = dueMs;
  }

  /** Runs the timers that are due. The alarm that called is spent: {@link arm} must follow. */
  run(nowMs: number): void {
    this.#armedMs = undefined;
    for (const timer of this.#timers.values()) {
      if (timer.dueMs !== undefined && timer.dueMs <= nowMs) timer.dueMs = timer.run(nowMs);
    }
  }

  /**
   * Sets the alarm, if it is not set early enough, and returns whether it did: that is a row written, as part of the
   * running transaction.
   */
  arm(nowMs: number): boolean {
    const dueMs = Math.min(...[...this.#timers.values()].map((timer) => timer.dueMs ?? Infinity));
    if (dueMs === Infinity || this.#isArmedFor(dueMs, nowMs)) return false;
    this.#armedMs = Math.max(dueMs, nowMs + 1);
    // Nothing waits for it: should the transaction fail, the object is reset.
    void this.#storage.setAlarm(this.#armedMs);
    return true;
  }

  /** An alarm that is a little late will still come; setting it again would only put it off. */
  #isArmedFor(dueMs: number, nowMs: number): boolean {
    if (this.#armedMs === undefined) return false;
    return this.#armedMs <= Math.max(dueMs, nowMs) && this.#armedMs > nowMs - LOST_MS;
  }
}
