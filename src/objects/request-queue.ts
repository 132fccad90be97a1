/**
 * What waits for the next batch. Frames of one channel never overtake each other; the channels take turns, so that one that
 * sends a hundred thousand requests does not make the others wait for all of them. What a channel sent whose client does
 * not read its replies waits aside.
 */
import type { Channel } from "./channel.ts";
import type { Arrival } from "./lane.ts";

/** What a channel may have in its output before its requests wait. */
const PENDING_BYTES_MAX = 1024 * 1024;

/** What a channel may have done before it is another's turn. */
const TURN_ARRIVALS_MAX = 64;

/** Turns that are over before their memory is given back. */
const SPENT_TURNS_MAX = 1_024;

export class RequestQueue {
  /** Channels with something waiting, in the order of their turns. */
  #ring: Channel[] = [];
  #ringAt = 0;
  /** What has been taken from the lanes and not yet given out. */
  #taken: Arrival[] = [];
  #takenAt = 0;
  readonly #held = new Set<Channel>();
  #size = 0;

  /** Arrivals that wait for nothing but a batch. */
  get size(): number {
    return this.#size;
  }

  /** Queues a frame; undefined stands for the end of what the channel sends. */
  push(channel: Channel, frame: Uint8Array | undefined, readMs = 0): void {
    channel.outstanding += 1;
    this.#push({ channel, frame, refused: undefined, readMs, decoded: undefined });
  }

  /** Queues the refusal of a request, to be answered when its turn comes. */
  refuse(channel: Channel, xid: number, type: number, readMs: number): void {
    channel.outstanding += 1;
    if (channel.lane.refuse(xid, type)) return;
    this.#push({ channel, frame: undefined, refused: [xid, type], readMs, decoded: undefined });
  }

  /** Calls `visit` for the next arrivals, as many as `count`, without giving them out. */
  peek(count: number, visit: (arrival: Arrival) => void): void {
    this.#taken = this.#taken.slice(this.#takenAt);
    this.#takenAt = 0;
    while (this.#taken.length < count && this.#takeTurn());
    const end = Math.min(this.#taken.length, count);
    for (let i = 0; i < end; i++) visit(this.#taken[i] as Arrival);
  }

  /** The next arrival whose channel can take a reply, or is closed. */
  shift(): Arrival | undefined {
    for (;;) {
      const arrival = this.#taken[this.#takenAt];
      if (arrival === undefined) {
        this.#taken = [];
        this.#takenAt = 0;
        if (!this.#takeTurn()) return undefined;
        continue;
      }
      if (!arrival.channel.closed && this.#mustWait(arrival.channel)) {
        this.#hold(arrival.channel);
        continue;
      }
      this.#takenAt += 1;
      this.#size -= 1;
      arrival.channel.outstanding -= countOf(arrival);
      return arrival;
    }
  }

  /** Whether anything waits until its client reads. */
  get isHolding(): boolean {
    return this.#held.size > 0;
  }

  /** Channels whose requests wait until their client reads. */
  get held(): ReadonlySet<Channel> {
    return this.#held;
  }

  /** Whether what this channel sent waits until its client reads. */
  isHeld(channel: Channel): boolean {
    return channel.lane.isHeld;
  }

  /** Bytes of the frames of a channel that wait until its client reads. */
  heldBytes(channel: Channel): number {
    return channel.lane.isHeld ? channel.lane.bytes : 0;
  }

  /** Lets a channel go on whose output has left. Returns whether it had anything waiting. */
  release(channel: Channel): boolean {
    const { lane } = channel;
    if (!lane.isHeld || channel.transport.pendingBytes > PENDING_BYTES_MAX / 2) return false;
    this.#held.delete(channel);
    lane.isHeld = false;
    this.#size += lane.size;
    this.#queue(channel);
    return true;
  }

  /** {@link release} for every channel that waits. */
  releaseAll(): void {
    for (const channel of this.#held) this.release(channel);
  }

  /** Forgets what a channel that is closed had waiting, but for what was taken already. */
  drop(channel: Channel): void {
    const { lane } = channel;
    if (!lane.isHeld) this.#size -= lane.size;
    lane.clear();
    lane.isHeld = false;
    this.#held.delete(channel);
  }

  #push(arrival: Arrival): void {
    const { channel } = arrival;
    channel.lane.push(arrival);
    if (channel.lane.isHeld) return;
    this.#size += 1;
    this.#queue(channel);
  }

  /** Has a channel take turns. */
  #queue(channel: Channel): void {
    const { lane } = channel;
    if (lane.isQueued || lane.size === 0) return;
    lane.isQueued = true;
    this.#ring.push(channel);
  }

  /** Takes what the next channel has waiting, up to a turn's worth; false when there is none. */
  #takeTurn(): boolean {
    const channel = this.#ring[this.#ringAt];
    if (channel === undefined) {
      this.#ring = [];
      this.#ringAt = 0;
      return false;
    }
    this.#ringAt += 1;
    if (this.#ringAt === SPENT_TURNS_MAX) {
      this.#ring = this.#ring.slice(this.#ringAt);
      this.#ringAt = 0;
    }
    const { lane } = channel;
    lane.isQueued = false;
    if (lane.isHeld) return true;
    for (let i = 0; i < TURN_ARRIVALS_MAX; i++) {
      const arrival = lane.shift();
      if (arrival === undefined) return true;
      this.#taken.push(arrival);
    }
    this.#queue(channel);
    return true;
  }

  #mustWait(channel: Channel): boolean {
    return channel.transport.pendingBytes + channel.out.length > PENDING_BYTES_MAX;
  }

  #hold(channel: Channel): void {
    this.#takeBack(channel);
    channel.lane.isHeld = true;
    this.#size -= channel.lane.size;
    this.#held.add(channel);
  }

  /** Puts what has been taken from a channel's lane back. */
  #takeBack(channel: Channel): void {
    const rest = this.#taken.slice(this.#takenAt);
    channel.lane.putBack(rest.filter((arrival) => arrival.channel === channel));
    this.#taken = rest.filter((arrival) => arrival.channel !== channel);
    this.#takenAt = 0;
  }
}

/** Requests that an arrival stands for. */
function countOf({ refused }: Arrival): number {
  return refused === undefined ? 1 : refused.length / 2;
}
