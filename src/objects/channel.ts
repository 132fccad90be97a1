/**
 * A connection as the object sees it: first a stranger, then the channel of one session.
 */
import { addressId } from "../core/auth.ts";
import type { TrackedSession } from "../core/session-tracker.ts";
import type { Client } from "../core/state-machine.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import type { Id, SessionId } from "../protocol/records.ts";
import { ConnectionStatistics } from "./admin/connection-statistics.ts";
import { Lane } from "./lane.ts";
import type { Transport } from "./transport.ts";

/** How long a connection may take to open a session. */
export const HANDSHAKE_MS = 10_000;

export interface ChannelOptions {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly remote?: string;
  /** What the client has proven already. */
  readonly authIds?: readonly Id[];
}

export class Channel implements Client {
  readonly transport: Transport;
  readonly address: string;
  /** The address with the port, where that is known. */
  readonly remote: string;
  readonly statistics: ConnectionStatistics;
  authIds: readonly Id[];
  /** Set by the handshake. */
  session: TrackedSession | undefined;
  /** Frames that leave when the running batch ends. */
  readonly out = new JuteWriter();
  /** What of it waits for a batch. */
  readonly lane = new Lane();
  /** Requests among that. */
  outstanding = 0;
  /** No frame of it is looked at any more. */
  closed = false;
  /** Says to a WebSocket client why it is disconnected; undefined when nothing is wrong. */
  closeCode: number | undefined;

  constructor(transport: Transport, address: string, options: ChannelOptions) {
    const { remote, authIds, nowMs } = options;
    this.transport = transport;
    this.address = address;
    this.remote = remote ?? address;
    this.statistics = new ConnectionStatistics(nowMs);
    this.authIds = authIds ?? [addressId(address)];
  }

  get sessionId(): SessionId {
    return this.session?.id ?? 0;
  }
}
