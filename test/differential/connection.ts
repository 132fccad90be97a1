/**
 * One connection at the level of frames: knows which answers are due, and when all of them have come.
 */
import { connect, type Socket } from "node:net";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Takes an answer; the connection's own log keeps the order of answers and events. */
export type OnAnswer = (payload: Buffer) => void;

const EVENT_XID = -1;
const ANSWER_MS_MAX = 15_000;

export class Connection {
  /** Called with each notification. */
  onEvent: OnAnswer = () => {};
  /** Called once, when the server has ended the connection. */
  onEnd: () => void = () => {};
  isOpen = true;
  /** When something was last sent, in milliseconds of `performance.now()`. */
  sentMs = performance.now();
  readonly #socket: Socket;
  readonly #due: OnAnswer[] = [];
  #answered = 0;
  #rest: Buffer = Buffer.alloc(0);
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", () => this.#end());
    socket.on("close", () => this.#end());
  }

  /** @throws Error when nobody accepts the connection. */
  static async open(address: Address): Promise<Connection> {
    const socket = connect({ ...address, noDelay: true });
    return await new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Sends bytes to which so many answers are due. */
  send(bytes: Uint8Array, ...answers: readonly OnAnswer[]): void {
    if (!this.isOpen) return;
    this.sentMs = performance.now();
    this.#due.push(...answers);
    this.#socket.write(bytes);
  }

  /** Waits until every answer has come or the connection has ended; false when it takes too long. */
  async settled(timeoutMs: number = ANSWER_MS_MAX): Promise<boolean> {
    return await this.#until(() => !this.isOpen || this.#answered === this.#due.length, timeoutMs);
  }

  /** Waits until the server has ended the connection; false when it takes too long. */
  async ended(timeoutMs: number = ANSWER_MS_MAX): Promise<boolean> {
    return await this.#until(() => !this.isOpen, timeoutMs);
  }

  /** Drops the connection. Nothing is called any more. */
  destroy(): void {
    this.onEvent = () => {};
    this.onEnd = () => {};
    this.isOpen = false;
    this.#due.length = 0;
    this.#answered = 0;
    this.#socket.destroy();
    this.#wake?.();
  }

  async #until(isSo: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isSo()) return true;
    return await new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(result);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.#wake = () => {
        if (isSo()) finish(true);
      };
    });
  }

  #read(chunk: Buffer): void {
    if (!this.isOpen) return;
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (bytes.length >= 4) {
      const end = 4 + bytes.readInt32BE(0);
      if (bytes.length < end) break;
      this.#accept(bytes.subarray(4, end));
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    this.#wake?.();
  }

  #accept(payload: Buffer): void {
    if (payload.length >= 4 && payload.readInt32BE(0) === EVENT_XID) {
      this.onEvent(payload);
      return;
    }
    const answer = this.#due[this.#answered];
    if (answer === undefined) {
      this.onEvent(payload); // Nobody asked: it shows as a malformed event.
      return;
    }
    this.#answered += 1;
    if (this.#answered === this.#due.length) {
      this.#due.length = 0;
      this.#answered = 0;
    }
    answer(payload);
  }

  #end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#due.length = 0;
    this.#answered = 0;
    this.#socket.destroy();
    this.onEnd();
    this.#wake?.();
  }
}
