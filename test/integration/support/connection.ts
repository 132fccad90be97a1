/**
 * A WebSocket to a namespace, as a client has it: frames out, frames in, nothing said about what is in them.
 */
import { SELF } from "cloudflare:test";
import { FrameDecoder } from "../../../src/protocol/frame-decoder.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";

/** How long anything that a test waits for may take. */
export const PATIENCE_MS = 5_000;

export interface ConnectionOptions {
  /** Whether a close of the server is answered. A client that hangs does not. */
  readonly answersClose?: boolean;
  /** Answers the upgrade; the Worker as it is configured for tests, unless it is given. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

export class Connection {
  readonly #socket: WebSocket;
  readonly #messages: (Uint8Array[] | string)[] = [];
  readonly #onFrames: ((frames: Uint8Array[]) => void)[] = [];
  readonly #onClose: ((code: number) => void)[] = [];
  readonly #texts: string[] = [];
  readonly #answersClose: boolean;
  readonly #closed = Promise.withResolvers<number>();
  #wake = Promise.withResolvers<void>();
  #isClosed = false;

  private constructor(socket: WebSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#answersClose = options.answersClose ?? true;
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", ({ code }) => this.#end(code));
    socket.addEventListener("error", () => this.#end(1006));
    socket.binaryType = "arraybuffer";
    // Half open, or the runtime answers a close by itself.
    socket.accept({ allowHalfOpen: true });
  }

  static async open(namespace: string, options: ConnectionOptions = {}): Promise<Connection> {
    return new Connection(await openSocket(namespace, options.fetch), options);
  }

  /** The code that the other side closed with. */
  get closed(): Promise<number> {
    return withPatience(this.#closed.promise, "the connection did not close");
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Everything that came, message by message. */
  get messages(): readonly (Uint8Array[] | string)[] {
    return this.#messages;
  }

  /** Calls back with the frames of each message. */
  onFrames(callback: (frames: Uint8Array[]) => void): void {
    this.#onFrames.push(callback);
  }

  /** Calls back when the connection closes, with the code. */
  onClose(callback: (code: number) => void): void {
    this.#onClose.push(callback);
  }

  /** Sends frames, all in one message. */
  send(...frames: Uint8Array[]): void {
    this.sendBytes(concatenate(frames));
  }

  /** Sends one message of any bytes. */
  sendBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes);
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  /** Sends a text ping and waits for the answer. */
  async ping(): Promise<string> {
    const before = this.#texts.length;
    this.sendText("ping");
    return this.waitFor(() => this.#texts[before], "a ping was not answered");
  }

  /** Waits until `find` finds something in what was received. */
  async waitFor<T>(find: () => T | undefined, complaint: string): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.#isClosed) throw new Error(`${complaint}: the connection is closed`);
      await withPatience(this.#wake.promise, complaint);
    }
  }

  close(code = 1000): void {
    try {
      this.#socket.close(code);
    } catch {
      // There is no connection any more to close.
    }
  }

  #receive(data: string | ArrayBuffer): void {
    if (typeof data === "string") {
      this.#texts.push(data);
      this.#messages.push(data);
    } else {
      const frames: Uint8Array[] = [];
      const decoder = new FrameDecoder(64 * 1024 * 1024);
      if (!decoder.push(new Uint8Array(data), frames) || decoder.pendingBytes > 0) {
        throw new Error("a message of the server does not hold whole frames");
      }
      this.#messages.push(frames);
      for (const callback of this.#onFrames) callback(frames);
    }
    this.#signal();
  }

  #end(code: number): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#answersClose) this.close();
    this.#closed.resolve(code);
    for (const callback of this.#onClose) callback(code);
    this.#signal();
  }

  #signal(): void {
    this.#wake.resolve();
    this.#wake = Promise.withResolvers<void>();
  }
}

/** Upgrades to a WebSocket, not accepted yet. */
export async function openSocket(
  namespace: string,
  fetch: (request: Request) => Promise<Response> = (request) => SELF.fetch(request),
): Promise<WebSocket> {
  const headers = { upgrade: "websocket" };
  const response = await fetch(new Request(`http://edgekeeper/v1/${namespace}/zk`, { headers }));
  if (response.webSocket === null) throw new Error(`no upgrade: status ${response.status}`);
  return response.webSocket;
}

/** A frame around what `write` writes. */
export function frameOf(write: (writer: JuteWriter) => void): Uint8Array {
  const writer = new JuteWriter();
  const frame = writer.beginFrame();
  write(writer);
  writer.endFrame(frame);
  return writer.toBytes();
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Fails when a promise takes too long. */
export async function withPatience<T>(promise: Promise<T>, complaint: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(complaint)), PATIENCE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tries again and again until an assertion holds. */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      await assertion();
      return;
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
    }
    await scheduler.wait(10);
  }
}
