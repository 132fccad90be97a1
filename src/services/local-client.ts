/**
 * A client of the object that it is in: the same as any other's, but that its connection is a channel of the object, which does
 * not break, and its session lives as the object says.
 */
import {
  type Clock,
  connect,
  type Transport,
  type TransportListener,
  type ZooKeeper,
} from "../client/index.ts";
import { JuteReader } from "../protocol/jute-reader.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import { FRAME_HEADER_BYTES, PASSWD_BYTES } from "../protocol/limits.ts";
import { writeConnectResponse } from "../protocol/records.ts";
import type { CallChannel, CallChannelOptions, CallHost, GrantedSession } from "./call-host.ts";

/** Time stands still: nothing here is ever late, and a session needs no heartbeats. So no timer keeps the object awake. */
const STILL_CLOCK: Clock = { now: () => 0, startTimer: () => () => {} };

/** Where time stands still, and yet something is to happen later: a delayed item of a queue becomes due. */
export const TIMERS_ONLY: Clock = {
  now: () => 0,
  startTimer: (callback, delayMs) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What waits for it has its turn in the next microtask: `queueMicrotask` costs many times as much in workerd. */
const settled = Promise.resolve();

/** What a client without a session is told of its session: it does not end. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export interface LocalClientOptions extends CallChannelOptions {
  readonly host: CallHost;
  readonly clock?: Clock | undefined;
}

export class LocalClient {
  readonly zk: ZooKeeper;
  readonly #link: Link;

  private constructor(zk: ZooKeeper, link: Link) {
    this.zk = zk;
    this.#link = link;
  }

  /** Undefined when the session that is wanted is not there. */
  static async open(options: LocalClientOptions): Promise<LocalClient | undefined> {
    const { host, caller, clock = STILL_CLOCK } = options;
    const link = new Link();
    const channel = host.open(options, link);
    if (channel === undefined) return undefined;
    link.channel = channel;
    try {
      const zk = await connect("ws://object", {
        transport: (_address, listener) => link.open(listener),
        requestBytesMax: host.requestBytesMax,
        auth: caller.auth ?? [],
        clock,
      });
      link.onEnded = () => void zk.close();
      return new LocalClient(zk, link);
    } catch (error) {
      channel.end();
      throw error;
    }
  }

  /** Undefined for a client without one. */
  get session(): GrantedSession | undefined {
    return this.#link.channel?.session;
  }

  /** When its session was heard of last, in milliseconds since 1970. */
  get heardMs(): number {
    return this.#link.channel?.heardMs ?? 0;
  }

  /** The last zxid that it has seen; 0 when it has seen none. */
  get lastZxid(): number {
    return this.#link.lastZxid;
  }

  /** Whether the object has ended the channel, because the session is over. */
  get isCutOff(): boolean {
    return this.#link.isCutOff;
  }

  /** Hears of the session now. */
  hear(): void {
    this.#link.channel?.hear();
  }

  /** Ends the client, and its session with it. */
  async closeSession(): Promise<void> {
    await this.zk.close();
    this.end();
  }

  /** Ends the client; the session lives on. */
  end(): void {
    this.#link.end();
    // Without a connection it does not close the session, nor wait for anything.
    void this.zk.close();
  }
}

/** The connection between the client and the object's channel. */
class Link {
  channel: CallChannel | undefined;
  lastZxid = 0;
  isCutOff = false;
  /** Called when the object has ended the channel. */
  onEnded: (() => void) | undefined;
  #listener: TransportListener | undefined;
  #isOver = false;

  open(listener: TransportListener): Transport {
    this.#listener = listener;
    let isAnswered = false;
    void settled.then(() => listener.onOpen());
    return {
      send: (bytes) => {
        if (isAnswered) {
          this.channel?.send(bytes);
        } else {
          // The handshake. What it would open is there already, so that it takes no round trip.
          isAnswered = true;
          void settled.then(() => listener.onBytes(handshakeAnswer(this.channel?.session)));
        }
      },
      sendHeartbeat: undefined,
      close: () => {},
    };
  }

  onBytes(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#isOver) return;
    this.lastZxid = Math.max(this.lastZxid, lastZxidIn(bytes));
    this.#listener?.onBytes(bytes);
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.isCutOff = true;
    this.end();
    this.onEnded?.();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.channel?.end();
    this.#listener?.onClose("the call is over");
  }
}

function handshakeAnswer(session: GrantedSession | undefined): Uint8Array {
  const writer = new JuteWriter();
  const frame = writer.beginFrame();
  writeConnectResponse(writer, {
    protocolVersion: 0,
    timeOut: session?.timeoutMs ?? TIMEOUT_MS_MAX,
    sessionId: session?.id ?? 0,
    passwd: new Uint8Array(session?.passwd ?? new ArrayBuffer(PASSWD_BYTES)),
    readOnly: false,
  });
  writer.endFrame(frame);
  return writer.toBytes();
}

/** The largest zxid of the replies in whole frames. */
function lastZxidIn(bytes: Uint8Array<ArrayBuffer>): number {
  let zxid = 0;
  for (let at = 0; at < bytes.length;) {
    const reader = new JuteReader(bytes.subarray(at));
    const length = reader.readInt();
    reader.readInt(); // The xid; of an event, whose zxid is -1.
    zxid = Math.max(zxid, reader.readLong());
    at += FRAME_HEADER_BYTES + length;
  }
  return zxid;
}
