/**
 * A hibernatable WebSocket. Every message, in either direction, holds whole frames, each with its length.
 */
import type { Transport } from "./transport.ts";

/** Codes that a peer's close carries but that may not be sent (RFC 6455, 7.4.1). */
const UNSENDABLE_CODES: ReadonlySet<number> = new Set([1005, 1006, 1015]);
const NORMAL_CLOSURE = 1000;
const POLICY_VIOLATION = 1008;

export class WebSocketTransport implements Transport {
  readonly canWait = false;
  readonly socket: WebSocket;

  constructor(socket: WebSocket) {
    this.socket = socket;
  }

  get pendingBytes(): number {
    // Newer runtimes have it, the types do not yet.
    return (this.socket as { bufferedAmount?: number }).bufferedAmount ?? 0;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.socket.readyState === WebSocket.READY_STATE_OPEN) this.socket.send(bytes);
  }

  close(code: number = NORMAL_CLOSURE, reason?: string): void {
    // The runtime does not answer a close of the peer by itself: a client would wait for it in vain.
    this.socket.close(UNSENDABLE_CODES.has(code) ? NORMAL_CLOSURE : code, reason);
  }

  abort(): void {
    this.close(POLICY_VIOLATION, "too much unread");
  }
}
