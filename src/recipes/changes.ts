/**
 * Waiting for watches. A recipe has one watcher for all its reads of a znode, however often it waits, since a watch that
 * was not waited for to the end stays with the client: it is the same one each time.
 */
import type { NodeEvent, SessionLostEvent } from "../client/index.ts";
import { untilAborted } from "./time-limit.ts";

export class Changes {
  readonly #onEvent: (event: NodeEvent | SessionLostEvent) => void;
  readonly #waiting = new Set<() => void>();
  #count = 0;

  constructor(onEvent: (event: NodeEvent | SessionLostEvent) => void = () => {}) {
    this.#onEvent = onEvent;
  }

  /** How often something has changed; taken before a read, it tells later whether that is still up to date. */
  get count(): number {
    return this.#count;
  }

  /** The watcher to give to reads. */
  readonly watcher = (event: NodeEvent | SessionLostEvent): void => {
    this.#onEvent(event);
    this.tell();
  };

  /** Wakes whoever waits. */
  tell(): void {
    this.#count++;
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /**
   * Waits until there have been more changes than `count`. It says nothing about what changed: read again. Rejects with the reason
   * of the signal.
   */
  async next(count: number, signal: AbortSignal): Promise<void> {
    if (this.#count > count) return;
    let wake = notYet;
    const woken = new Promise<void>((resolve) => {
      wake = resolve;
    });
    this.#waiting.add(wake);
    try {
      await untilAborted(signal, woken);
    } finally {
      this.#waiting.delete(wake);
    }
  }
}

function notYet(): void {}
