/**
 * What has to wait behind a token: to verify one takes time, and the core takes none. The frames that arrive behind it stay
 * here, in order, until it is known what it proves.
 */
import { presentedToken } from "../core/auth.ts";
import { decodeFrame } from "../core/frame-handler.ts";
import type { Proof } from "../core/outcome.ts";
import { REQUEST_HEADER_BYTES } from "../protocol/limits.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { Channel } from "./channel.ts";

/** Bytes that may wait behind the tokens of one connection; past it, it is disconnected. */
const WAITING_BYTES_MAX = 2 * 1024 * 1024;

/** As {@link WAITING_BYTES_MAX}: each costs more than its bytes. */
const WAITING_FRAMES_MAX = 10_000;

export interface HeldFramesOptions {
  /** What a token proves; undefined when that is nothing. */
  readonly verify: (token: string) => Promise<Proof | undefined>;
  /** Takes frames on; undefined stands for the end of what the channel sends. */
  readonly pass: (channel: Channel, frames: readonly (Uint8Array | undefined)[]) => void;
  /** Called for a channel that has too much waiting. */
  readonly onFlood: (channel: Channel) => void;
  readonly waitUntil: (promise: Promise<void>) => void;
}

interface Waiting {
  readonly frames: (Uint8Array | undefined)[];
  bytes: number;
  readonly done: Promise<void>;
}

export class HeldFrames {
  readonly #options: HeldFramesOptions;
  readonly #waiting = new Map<Channel, Waiting>();

  constructor(options: HeldFramesOptions) {
    this.#options = options;
  }

  /** Passes on what need not wait, and holds the rest. */
  push(channel: Channel, frames: readonly (Uint8Array | undefined)[]): void {
    const waiting = this.#waiting.get(channel);
    if (waiting !== undefined) {
      this.#hold(channel, waiting, frames);
      return;
    }
    const at = frames.findIndex(hasToken);
    const free = at < 0 ? frames : frames.slice(0, at);
    if (free.length > 0) this.#options.pass(channel, free);
    if (at < 0) return;
    const held: Waiting = { frames: [], bytes: 0, done: this.#run(channel) };
    this.#waiting.set(channel, held);
    this.#hold(channel, held, frames.slice(at));
    this.#options.waitUntil(held.done);
  }

  /** Resolves when nothing of a channel waits; undefined when nothing does. */
  settled(channel: Channel): Promise<void> | undefined {
    return this.#waiting.get(channel)?.done;
  }

  #hold(channel: Channel, waiting: Waiting, frames: readonly (Uint8Array | undefined)[]): void {
    for (const frame of frames) {
      waiting.frames.push(frame);
      waiting.bytes += frame?.length ?? 0;
    }
    if (waiting.bytes <= WAITING_BYTES_MAX && waiting.frames.length <= WAITING_FRAMES_MAX) return;
    waiting.frames.length = 0;
    this.#options.onFlood(channel);
  }

  /** Verifies the token in front, passes on what waits up to the next, and so on. */
  async #run(channel: Channel): Promise<void> {
    // What is to be verified is put in place when this has been called.
    await Promise.resolve();
    for (;;) {
      const waiting = this.#waiting.get(channel);
      const token = waiting === undefined ? undefined : tokenOf(waiting.frames[0]);
      if (waiting === undefined || token === undefined || channel.closed) break;
      const proof = await this.#options.verify(token);
      if (proof !== undefined) channel.addProof(token, proof);
      const next = waiting.frames.findIndex((frame, index) => index > 0 && hasToken(frame));
      const ready = waiting.frames.splice(0, next < 0 ? waiting.frames.length : next);
      for (const frame of ready) waiting.bytes -= frame?.length ?? 0;
      if (next < 0) this.#waiting.delete(channel);
      this.#options.pass(channel, ready);
    }
    this.#waiting.delete(channel);
  }
}

/** Also of a handshake that looks like it, which then waits for nothing, and is what it was. */
function hasToken(frame: Uint8Array | undefined): boolean {
  return tokenOf(frame) !== undefined;
}

function tokenOf(frame: Uint8Array | undefined): string | undefined {
  // Before anything is decoded: every frame comes by here.
  if (frame === undefined || frame[TYPE_END - 1] !== OpCode.auth) return undefined;
  const request = decodeFrame(frame)?.request;
  if (typeof request !== "object" || request.type !== OpCode.auth) return undefined;
  return presentedToken(request);
}

/** Where a request's header ends, with the lowest byte of its type. */
const TYPE_END = REQUEST_HEADER_BYTES;
