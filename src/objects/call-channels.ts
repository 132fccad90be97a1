/**
 * The channels over which calls reach the tree, from within the object.
 */
import type { KeptAnswer } from "../core/idempotency.ts";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import type { SessionId } from "../protocol/records.ts";
import type {
  CallChannel,
  CallChannelListener,
  CallHost,
  CallChannelOptions,
} from "../services/call-host.ts";
import type { BatchLoop } from "./batch-loop.ts";
import { Channel } from "./channel.ts";
import { LocalTransport } from "./local-transport.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import type { Subtree } from "./subtree.ts";

export interface CallChannelsOptions {
  readonly subtree: Subtree;
  readonly store: SqliteStore;
  readonly batches: BatchLoop;
  readonly requestBytesMax: number;
  /** Called with what nobody expected; what memory holds is then worth nothing any more. */
  readonly onError: (error: unknown) => void;
}

export class CallChannels implements CallHost {
  readonly #options: CallChannelsOptions;

  constructor(options: CallChannelsOptions) {
    this.#options = options;
  }

  nowMs(): number {
    return Date.now();
  }

  get lastZxid(): number {
    return this.#options.subtree.lastZxid;
  }

  get requestBytesMax(): number {
    return this.#options.requestBytesMax;
  }

  leaseEndMs(id: SessionId): number | undefined {
    return this.#options.subtree.sessions.leaseEndMs(id);
  }

  answersOf(prefix: string): KeptAnswer[] {
    return this.#options.store.answers.findAll(prefix, Date.now());
  }

  keepAnswer(key: string, answer: KeptAnswer): void {
    this.#options.store.answers.keep(key, answer, Date.now());
  }

  endLease(id: SessionId): void {
    this.#attempt(() => this.#options.subtree.endLease(id, Date.now()));
  }

  open(options: CallChannelOptions, listener: CallChannelListener): CallChannel | undefined {
    const { caller, wanted, journal } = options;
    const { address, grant } = caller;
    const { subtree, batches, requestBytesMax } = this.#options;
    const nowMs = Date.now();
    const transport = new LocalTransport(listener);
    const channel = new Channel(transport, address, { nowMs, isLocal: true, grant, journal });
    const session = wanted && subtree.attachCall(channel, wanted, nowMs);
    if (wanted !== undefined && session === undefined) return undefined;
    return {
      session,
      get heardMs() {
        return channel.session?.heardMs ?? nowMs;
      },
      send: (bytes) => {
        const frames: Uint8Array[] = [];
        new FrameDecoder(requestBytesMax).push(bytes, frames);
        const sentMs = Date.now();
        for (const frame of frames) subtree.receive(channel, frame, sentMs);
        batches.schedule(channel);
      },
      hear: () => {
        if (channel.session !== undefined) channel.session.heardMs = Date.now();
      },
      end: () => this.#attempt(() => subtree.endCall(channel, Date.now())),
    };
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
