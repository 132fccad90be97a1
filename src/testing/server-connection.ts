/**
 * A connection as the server sees it.
 */
import { addressId } from "../core/auth.ts";
import type { Client } from "../core/state-machine.ts";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import type { Id, SessionId } from "../protocol/records.ts";

/** The way back to the client. */
export interface Outlet {
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(reason: string): void;
}

const ADDRESS = "127.0.0.1";

export class ServerConnection implements Client {
  readonly address = ADDRESS;
  authIds: readonly Id[] = [addressId(ADDRESS)];
  /** 0 before the handshake. */
  sessionId: SessionId = 0;
  isClosed = false;
  readonly decoder = new FrameDecoder();
  /** What leaves when the message that is being handled is done. */
  readonly out = new JuteWriter();
  readonly outlet: Outlet;

  constructor(outlet: Outlet) {
    this.outlet = outlet;
  }
}
