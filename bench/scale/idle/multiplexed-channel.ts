/**
 * The client's side of the multiplexer (worker/multiplexer.ts): channels of which many share one WebSocket.
 */
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { putInt, readInt } from "../../bytes.ts";
import type { Address, Channel, ChannelListener } from "../../tcp-channel.ts";
import { connectWebSocket, type WebSocketChannel } from "../../web-socket-channel.ts";

const HEADER_BYTES = 8;
const NUMBER_BYTES = 4;

export class Multiplexer {
  readonly #outer: WebSocketChannel;
  readonly #channels: MultiplexedChannel[] = [];

  private constructor(outer: WebSocketChannel) {
    this.#outer = outer;
    outer.onText = (text) => this.#acceptText(text);
    outer.listen({
      onFrames: (frames) => {
        for (const frame of frames) {
          this.#channels[readInt(frame, 0)]?.accept(frame.subarray(NUMBER_BYTES));
        }
      },
      onEnd: (reason) => {
        for (const channel of this.#channels) channel.end(reason);
      },
    });
  }

  /** Connects to the multiplexer of a namespace. */
  static async connect(http: Address, namespace: string): Promise<Multiplexer> {
    const path = `/bench/multiplex/${namespace}`;
    return new Multiplexer(await connectWebSocket(http, path));
  }

  /** Opens one more WebSocket to the object. */
  async open(): Promise<MultiplexedChannel> {
    const channel = new MultiplexedChannel(this.#outer, this.#channels.length);
    this.#channels.push(channel);
    await channel.opened;
    return channel;
  }

  #acceptText(text: string): void {
    const [verb, number] = text.split(" ");
    const channel = this.#channels[Number(number)];
    if (verb === "open") channel?.open();
    else if (verb === "beat") channel?.onText?.();
    else channel?.end("the object closed the WebSocket");
  }
}

export class MultiplexedChannel implements Channel {
  /** Called when a heartbeat was answered. */
  onText: (() => void) | undefined;
  readonly #outer: WebSocketChannel;
  readonly #number: number;
  readonly #opened = Promise.withResolvers<void>();
  #listener: ChannelListener | undefined;

  constructor(outer: WebSocketChannel, number: number) {
    this.#outer = outer;
    this.#number = number;
    outer.writeText(`open ${number}`);
  }

  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  listen(listener: ChannelListener): void {
    this.#listener = listener;
  }

  write(bytes: Uint8Array): void {
    const frame = new Uint8Array(HEADER_BYTES + bytes.length);
    putInt(frame, 0, NUMBER_BYTES + bytes.length);
    putInt(frame, NUMBER_BYTES, this.#number);
    frame.set(bytes, HEADER_BYTES);
    this.#outer.write(frame);
  }

  /** Sends the heartbeat that the platform answers by itself. */
  beat(): void {
    this.#outer.writeText(`beat ${this.#number}`);
  }

  /** Ends all channels of the multiplexer: they are one connection. */
  destroy(): void {
    this.#outer.destroy();
  }

  open(): void {
    this.#opened.resolve();
  }

  accept(message: Uint8Array): void {
    const frames: Uint8Array[] = [];
    new FrameDecoder().push(message, frames);
    this.#listener?.onFrames(frames);
  }

  end(reason: string): void {
    this.#opened.reject(new Error(reason));
    this.#listener?.onEnd(reason);
  }
}
