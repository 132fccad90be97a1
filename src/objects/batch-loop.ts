/**
 * Decides when a batch runs: after the turns of the event loop in which its requests arrive, and never two at once.
 * See docs/design/batches.md.
 */
import type { Channel } from "./channel.ts";
import type { Subtree } from "./subtree.ts";

/** Turns of the event loop that a batch waits at most while requests keep arriving. */
const GATHER_TURNS_MAX = 16;

/** What a client that is alone may send at once and still be answered at once: who sends more will have sent more than this. */
const SOLO_REQUESTS_MAX = 4;

/** How often it is tried whether timers, and with them sockets, have their turn. */
const PROBE_INTERVAL_MS = 10;

/** How long timers may be late before batches wait for them. */
const LATE_MS = 20;

/** How often a channel is asked whether its client has read. */
const UNREAD_POLL_MS = 20;

export interface BatchLoopOptions {
  readonly subtree: Subtree;
  /** Resolves when everything written so far is durable, and after one turn of the event loop at least. */
  readonly sync: () => Promise<void>;
  /** Keeps the object alive until the promise resolves. */
  readonly waitUntil: (promise: Promise<void>) => void;
  /** Called after every batch. */
  readonly onBatch: () => void;
  /** Called with what nobody expected; what memory holds is then worth nothing any more. */
  readonly onError: (error: unknown) => void;
}

export class BatchLoop {
  readonly #options: BatchLoopOptions;
  #isScheduled = false;
  /** Something may have happened since the last batch. */
  #isAsked = false;
  /** The channel that the last batch had its few requests from, when it was a single one. */
  #soloist: Channel | undefined;
  /** A timer that is under way. */
  #probe: Promise<void> | undefined;
  #probedMs = 0;

  constructor(options: BatchLoopOptions) {
    this.#options = options;
  }

  /**
   * Sees to it that what is queued is done, of which a channel may just have sent some. A client that sends a few requests,
   * waits for the answers and goes on, and whom nobody joined the last time, is answered at once: a turn of the event
   * loop costs it more than its requests.
   */
  schedule(channel?: Channel): void {
    this.#isAsked = true;
    if (this.#isScheduled) return;
    if (channel !== undefined && channel === this.#soloist) {
      if (this.#options.subtree.queued <= SOLO_REQUESTS_MAX) {
        this.#runAlone();
        return;
      }
      this.#soloist = undefined;
    }
    this.#isScheduled = true;
    this.#options.waitUntil(this.#run());
  }

  #runAlone(): void {
    try {
      this.#runBatch();
    } catch (error) {
      this.#options.onError(error);
    }
    this.#pollHeld();
  }

  async #run(): Promise<void> {
    const { subtree, onError } = this.#options;
    try {
      do {
        await this.#gather();
        this.#runBatch();
        await this.#letOthersIn();
      } while (this.#isAsked || subtree.queued > 0);
    } catch (error) {
      onError(error);
    }
    this.#isScheduled = false;
    this.#pollHeld();
  }

  #runBatch(): void {
    const { subtree, onBatch } = this.#options;
    const { requests } = subtree.counters;
    this.#isAsked = false;
    const only = subtree.runBatch(Date.now());
    const done = subtree.counters.requests - requests;
    this.#soloist = done > 0 && done <= SOLO_REQUESTS_MAX ? only : undefined;
    onBatch();
  }

  /**
   * Lets the turns of the event loop pass in which more arrives: what many clients send at one moment reaches the
   * object over several. A timer would take a millisecond at least; `sync` takes a turn, and while a commit is under way
   * it waits for that, which is just when requests should gather.
   */
  async #gather(): Promise<void> {
    const { subtree, sync } = this.#options;
    let seen = 0;
    for (let turns = 0; turns < GATHER_TURNS_MAX && subtree.queued > seen; turns++) {
      seen = subtree.queued;
      await sync();
    }
  }

  /**
   * Waits for a timer, if timers are late. The runtime looks at them and at its sockets only when nothing else is left to do,
   * which a client that always has more to send can put off for as long as it likes.
   */
  async #letOthersIn(): Promise<void> {
    const nowMs = Date.now();
    if (this.#probe !== undefined && nowMs - this.#probedMs >= LATE_MS) {
      await this.#probe;
    } else if (this.#probe === undefined && nowMs - this.#probedMs >= PROBE_INTERVAL_MS) {
      this.#probedMs = nowMs;
      this.#probe = this.#wait();
    }
  }

  async #wait(): Promise<void> {
    await scheduler.wait(0);
    this.#probe = undefined;
  }

  /** A WebSocket does not say when its client has read: it has to be asked. */
  #pollHeld(): void {
    if (this.#options.subtree.isHolding) setTimeout(() => this.schedule(), UNREAD_POLL_MS);
  }
}
