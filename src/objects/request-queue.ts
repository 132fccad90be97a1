/**
 * Frames that wait for the next batch, of all channels in order of arrival. Frames of one channel never overtake
 * each other; those of a channel whose client does not read its replies wait aside, so that one slow reader fills
 * neither the memory nor the queue of the others.
 */
import type { DecodedFrame } from "../core/frame-handler.ts";
import type { Channel } from "./channel.ts";

/** What a channel may have in its output before its requests wait. */
const PENDING_BYTES_MAX = 1024 * 1024;

/** A frame, or the end of what a channel sent. */
export interface Arrival {
  readonly channel: Channel;
  readonly frame: Uint8Array | undefined;
  /** Milliseconds since 1970. */
  readonly readMs: number;
  /** Too many of its channel were waiting already. */
  readonly isThrottled: boolean;
  /** The frame, once somebody has decoded it. */
  decoded: DecodedFrame | undefined;
}

export class RequestQueue {
  #arrivals: Arrival[] = [];
  #next = 0;
  readonly #held = new Map<Channel, { readonly arrivals: Arrival[]; bytes: number }>();

  get size(): number {
    return this.#arrivals.length - this.#next;
  }

  push(channel: Channel, frame: Uint8Array | undefined, readMs = 0, isThrottled = false): void {
    channel.outstanding += 1;
    this.#arrivals.push({ channel, frame, readMs, isThrottled, decoded: undefined });
  }

  /** Calls `visit` for the next arrivals, as many as `count`, without taking them. */
  peek(count: number, visit: (arrival: Arrival) => void): void {
    const end = Math.min(this.#arrivals.length, this.#next + count);
    for (let i = this.#next; i < end; i++) visit(this.#arrivals[i] as Arrival);
  }

  /** The next arrival whose channel can take a reply. */
  shift(): Arrival | undefined {
    while (this.size > 0) {
      const arrival = this.#arrivals[this.#next] as Arrival;
      this.#next += 1;
      if (!this.#mustWait(arrival.channel)) {
        arrival.channel.outstanding -= 1;
        return arrival;
      }
      this.#hold(arrival);
    }
    this.#arrivals = [];
    this.#next = 0;
    return undefined;
  }

  /** Whether frames of any channel wait until its client reads. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Whether frames of this channel wait until its client reads. */
  isHeld(channel: Channel): boolean {
    return this.#held.has(channel);
  }

  /** Bytes of the frames of a channel that wait until its client reads. */
  heldBytes(channel: Channel): number {
    return this.#held.get(channel)?.bytes ?? 0;
  }

  /** Lets the frames of a channel go on whose output has left. Returns whether there were any. */
  release(channel: Channel): boolean {
    if (channel.transport.pendingBytes > PENDING_BYTES_MAX / 2) return false;
    const held = this.#held.get(channel);
    if (held === undefined) return false;
    this.#held.delete(channel);
    // What arrived after them is behind them in the queue or not there yet: they go first.
    this.#arrivals = [...held.arrivals, ...this.#arrivals.slice(this.#next)];
    this.#next = 0;
    return true;
  }

  /** {@link release} for every channel that waits. */
  releaseAll(): void {
    for (const channel of this.#held.keys()) this.release(channel);
  }

  /** Forgets the frames of a channel that is gone. */
  drop(channel: Channel): void {
    this.#held.delete(channel);
  }

  #mustWait(channel: Channel): boolean {
    return (
      this.#held.has(channel) ||
      channel.transport.pendingBytes + channel.out.length > PENDING_BYTES_MAX
    );
  }

  #hold(arrival: Arrival): void {
    const { channel, frame } = arrival;
    let held = this.#held.get(channel);
    if (held === undefined) {
      held = { arrivals: [], bytes: 0 };
      this.#held.set(channel, held);
    }
    held.arrivals.push(arrival);
    held.bytes += frame?.length ?? 0;
  }
}
