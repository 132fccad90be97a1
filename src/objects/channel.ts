/**
 * A connection as the object sees it: first a stranger, then the channel of one session.
 */
import { addressId } from "../core/auth.ts";
import type { Grant } from "../core/grant.ts";
import type { Journal } from "../core/idempotency.ts";
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
  /** Whether it is a call's. */
  readonly isLocal?: boolean;
  readonly grant?: Grant | undefined;
  readonly journal?: Journal | undefined;
}

export class Channel implements Client {
  readonly transport: Transport;
  readonly address: string;
  /** The address with the port, where that is known. */
  readonly remote: string;
  readonly statistics: ConnectionStatistics;
  authIds: readonly Id[];
  /** Of a call, within the object: without a handshake, and without a session unless it was given one. */
  readonly isLocal: boolean;
  /** What it may do; undefined: everything. */
  grant: Grant | undefined;
  /** Of a call that is to be done once. */
  readonly journal: Journal | undefined;
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
    const { remote, authIds, nowMs, isLocal = false, grant, journal } = options;
    this.transport = transport;
    this.address = address;
    this.remote = remote ?? address;
    this.statistics = new ConnectionStatistics(nowMs);
    this.authIds = authIds ?? [addressId(address)];
    this.isLocal = isLocal;
    this.grant = grant;
    this.journal = journal;
  }

  /** Whether a handshake must come before anything else. */
  get isStranger(): boolean {
    return this.session === undefined && !this.isLocal;
  }

  get sessionId(): SessionId {
    return this.session?.id ?? 0;
  }
}
