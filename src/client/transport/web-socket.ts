/**
 * A WebSocket of whatever runtime this is: frames in binary messages, heartbeats as the texts `ping` and `pong`.
 */
import type { OpenTransport, Transport, TransportListener } from "./transport.ts";

/** What is needed of a WebSocket: that of browsers, Node, Bun and Deno, and the one that a Worker gets from fetch. */
export interface WebSocketLike {
  binaryType?: string;
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number): void;
  addEventListener(
    type: "open" | "message" | "error" | "close",
    // Runtimes have event types of their own.
    listener: (event: unknown) => void,
  ): void;
  /** Only Workers' own have it. It is for those that are open when they come, from a fetch; others throw. */
  accept?(): void;
}

/** The fields of their events that are looked at. */
interface WebSocketEvent {
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
}

export type OpenWebSocket = (url: string) => WebSocketLike | Promise<WebSocketLike>;

const OPEN = 1;
const NORMAL_CLOSURE = 1000;

/** Transports over WebSockets that `open` makes. */
export function webSocketTransport(open: OpenWebSocket): OpenTransport {
  return (url, listener) => new WebSocketTransport(open, url, listener);
}

class WebSocketTransport implements Transport {
  #socket: WebSocketLike | undefined;
  #listener: TransportListener | undefined;
  /** Error events say more than the close that follows. */
  #problem: string | undefined;

  constructor(open: OpenWebSocket, url: string, listener: TransportListener) {
    this.#listener = listener;
    void this.#open(open, url);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send(bytes);
  }

  readonly sendHeartbeat = (): void => this.#send("ping");

  close(): void {
    this.#listener = undefined;
    this.#socket?.close(NORMAL_CLOSURE);
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    try {
      this.#socket?.send(data);
    } catch (error) {
      // Workers' own throw where others drop what comes too late.
      this.#end(describe(error));
    }
  }

  async #open(open: OpenWebSocket, url: string): Promise<void> {
    try {
      const socket = await open(url);
      socket.binaryType = "arraybuffer";
      const isOpen = socket.readyState === OPEN;
      if (this.#listener === undefined) {
        if (isOpen) socket.accept?.();
        socket.close(NORMAL_CLOSURE);
        return;
      }
      this.#socket = socket;
      this.#listen(socket);
      if (!isOpen) return;
      socket.accept?.();
      this.#listener.onOpen();
    } catch (error) {
      this.#end(describe(error));
    }
  }

  #listen(socket: WebSocketLike): void {
    socket.addEventListener("open", () => this.#listener?.onOpen());
    socket.addEventListener("message", (event) => {
      const { data } = event as WebSocketEvent;
      if (data instanceof ArrayBuffer) this.#listener?.onBytes(new Uint8Array(data));
      else this.#listener?.onHeartbeat();
    });
    socket.addEventListener("error", (event) => {
      this.#problem = (event as WebSocketEvent).message || "the WebSocket failed";
    });
    socket.addEventListener("close", (event) => {
      const { code, reason } = event as WebSocketEvent;
      const closed = reason || (code ? `closed with code ${code}` : "closed");
      this.#end(this.#problem ?? closed);
      // Workers' own wait for an answer to the close.
      if (socket.accept) socket.close();
    });
  }

  #end(reason: string): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClose(reason);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
