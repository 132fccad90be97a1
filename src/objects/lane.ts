/**
 * What one connection has waiting for a batch, in order of arrival.
 */
import type { DecodedFrame } from "../core/frame-handler.ts";
import type { Channel } from "./channel.ts";

/** A frame, several that are refused unread, or the end of what a channel sent. */
export interface Arrival {
  readonly channel: Channel;
  /** Undefined for the end, and for what is refused. */
  readonly frame: Uint8Array | undefined;
  /** xid and type, in turn, of requests that nobody will look at. All that is kept of them. */
  readonly refused: number[] | undefined;
  /** Milliseconds since 1970. */
  readonly readMs: number;
  /** The frame, once somebody has decoded it. */
  decoded: DecodedFrame | undefined;
}

/** Refused requests that one arrival stands for at most. */
const REFUSED_PER_ARRIVAL_MAX = 10_000;

export class Lane {
  #arrivals: Arrival[] = [];
  #next = 0;
  /** Of the frames. */
  bytes = 0;
  /** Nothing is taken until its client has read. */
  isHeld = false;
  /** It is among those that take turns. */
  isQueued = false;

  get size(): number {
    return this.#arrivals.length - this.#next;
  }

  push(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.bytes += arrival.frame?.length ?? 0;
  }

  /** Adds a refusal to the last arrival; false when that is something else, or stands for many already. */
  refuse(xid: number, type: number): boolean {
    const refused = this.size === 0 ? undefined : this.#arrivals.at(-1)?.refused;
    if (refused === undefined || refused.length >= 2 * REFUSED_PER_ARRIVAL_MAX) return false;
    refused.push(xid, type);
    return true;
  }

  shift(): Arrival | undefined {
    const arrival = this.#arrivals[this.#next];
    if (arrival === undefined) return undefined;
    this.#next += 1;
    if (this.size === 0) {
      this.#arrivals = [];
      this.#next = 0;
    }
    this.bytes -= arrival.frame?.length ?? 0;
    return arrival;
  }

  /** Puts back, in front, what was taken. */
  putBack(arrivals: readonly Arrival[]): void {
    this.#arrivals = [...arrivals, ...this.#arrivals.slice(this.#next)];
    this.#next = 0;
    for (const { frame } of arrivals) this.bytes += frame?.length ?? 0;
  }

  clear(): void {
    this.#arrivals = [];
    this.#next = 0;
    this.bytes = 0;
  }
}
