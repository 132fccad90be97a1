/**
 * A connection as the object sees it: first a stranger, then the channel of one session.
 */
import { addressId } from "../core/auth.ts";
import type { TrackedSession } from "../core/session-tracker.ts";
import type { Client } from "../core/state-machine.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import type { Id, SessionId } from "../protocol/records.ts";
import type { Transport } from "./transport.ts";

export class Channel implements Client {
  readonly transport: Transport;
  readonly address: string;
  authIds: readonly Id[];
  /** Set by the handshake. */
  session: TrackedSession | undefined;
  /** Frames that leave when the running batch ends. */
  readonly out = new JuteWriter();
  /** No frame of it is looked at any more. */
  closed = false;
  /** Says to a WebSocket client why it is disconnected; undefined when nothing is wrong. */
  closeCode: number | undefined;

  constructor(transport: Transport, address: string, authIds?: readonly Id[]) {
    this.transport = transport;
    this.address = address;
    this.authIds = authIds ?? [addressId(address)];
  }

  get sessionId(): SessionId {
    return this.session?.id ?? 0;
  }
}
