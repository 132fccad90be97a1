import type { Client } from "../../src/core/state-machine.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { addressId } from "../../src/core/auth.ts";
import type { Id, SessionId } from "../../src/protocol/records.ts";

export class FuzzConnection implements Client {
  readonly name: string;
  readonly address: string;
  readonly decoder = new FrameDecoder();
  readonly out = new JuteWriter();
  authIds: readonly Id[];
  /** 0 before the handshake. */
  sessionId: SessionId = 0;
  passwd: Uint8Array = new Uint8Array(16);
  closed = false;

  constructor(name: string, address: string) {
    this.name = name;
    this.address = address;
    this.authIds = [addressId(address)];
  }
}

/** What the server did wrong. */
export class Finding extends Error {
  override name = "Finding";
}
