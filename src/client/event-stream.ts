/**
 * The stream of one persistent watch: events wait in it until they are read.
 */
import type { NodeEvent, ResyncEvent, WatchStream } from "./watch-event.ts";

/** Past this the reader is better off reading everything again. */
const UNREAD_MAX = 10_000;

type StreamEvent = NodeEvent | ResyncEvent;
type Result = IteratorResult<StreamEvent, undefined>;

interface Reader {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

const DONE: Result = { done: true, value: undefined };

export class EventStream implements WatchStream {
  /** Whether the watch was set, or set again, since the reader last heard `Resync`. */
  isStale = true;
  readonly isRecursive: boolean;
  /** As the user calls it. */
  readonly #path: string;
  #unread: StreamEvent[] = [];
  #readers: Reader[] = [];
  #isEnded = false;
  #error: Error | undefined;
  #onEnd: ((isLeft: boolean) => void) | undefined;

  constructor(path: string, isRecursive: boolean) {
    this.#path = path;
    this.isRecursive = isRecursive;
  }

  /** Called once, and told whether it was the reader who left. */
  set onEnd(callback: (isLeft: boolean) => void) {
    this.#onEnd = callback;
  }

  push(event: StreamEvent): void {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) reader.resolve({ done: false, value: event });
    else if (this.#unread.length < UNREAD_MAX) this.#unread.push(event);
    else this.#unread = [{ type: "Resync", path: this.#path }];
  }

  resync(): void {
    this.isStale = false;
    this.push({ type: "Resync", path: this.#path });
  }

  /** Ends it: what is unread can still be read, then the error is thrown. */
  fail(error: Error): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd?.(false);
    this.#onEnd = undefined;
    const [first, ...others] = this.#readers;
    this.#readers = [];
    if (first === undefined) this.#error = error;
    else first.reject(error);
    for (const reader of others) reader.resolve(DONE);
  }

  next(): Promise<Result> {
    const value = this.#unread.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    if (this.#isEnded) {
      const error = this.#error;
      this.#error = undefined;
      return error === undefined ? Promise.resolve(DONE) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  return(): Promise<Result> {
    this.#isEnded = true;
    this.#unread = [];
    this.#error = undefined;
    for (const reader of this.#readers) reader.resolve(DONE);
    this.#readers = [];
    this.#onEnd?.(true);
    this.#onEnd = undefined;
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
