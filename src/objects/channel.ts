/**
 * A connection as the object sees it: first a stranger, then the channel of one session.
 */
import { addressId, subjectId } from "../core/auth.ts";
import { type Grant, isUnproven } from "../core/grant.ts";
import type { Journal } from "../core/idempotency.ts";
import type { Proof } from "../core/outcome.ts";
import type { TrackedSession } from "../core/session-tracker.ts";
import type { Client } from "../core/state-machine.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import type { Id, SessionId } from "../protocol/records.ts";
import { ConnectionStatistics } from "./admin/connection-statistics.ts";
import { Lane } from "./lane.ts";
import type { Transport } from "./transport.ts";

/** How long a connection may take to open a session. */
export const HANDSHAKE_MS = 10_000;

/** Tokens that were verified and whose requests have not had their turn. */
const PROOFS_MAX = 64;

export interface ChannelOptions {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  readonly remote?: string;
  /** What the client has proven already. */
  readonly authIds?: readonly Id[];
  /** What the door lets it do; undefined: everything. */
  readonly grant?: Grant | undefined;
  /** Whether it is a call's. */
  readonly isLocal?: boolean;
  readonly journal?: Journal | undefined;
}

export class Channel implements Client {
  readonly transport: Transport;
  readonly address: string;
  /** The address with the port, where that is known. */
  readonly remote: string;
  readonly statistics: ConnectionStatistics;
  authIds: readonly Id[];
  grant: Grant | undefined;
  /** What tokens prove that it has sent, until their requests come to their turn. */
  readonly #proofs: { readonly token: string; readonly proof: Proof }[] = [];
  /** Of a call, within the object: without a handshake, and without a session unless it was given one. */
  readonly isLocal: boolean;
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
    const { remote, authIds, grant, isLocal = false, journal, nowMs } = options;
    this.transport = transport;
    this.address = address;
    this.remote = remote ?? address;
    this.statistics = new ConnectionStatistics(nowMs);
    this.isLocal = isLocal;
    this.grant = grant;
    this.journal = journal;
    const proven = grant === undefined || isUnproven(grant) ? [] : [subjectId(grant.subject)];
    this.authIds = authIds ?? [addressId(address), ...proven];
  }

  /** Whether a handshake must come before anything else. */
  get isStranger(): boolean {
    return this.session === undefined && !this.isLocal;
  }

  addProof(token: string, proof: Proof): void {
    this.#proofs.push({ token, proof });
    // A request that was refused unread leaves its own behind.
    if (this.#proofs.length > PROOFS_MAX) this.#proofs.shift();
  }

  takeProof(token: string): Proof | undefined {
    const index = this.#proofs.findIndex((known) => known.token === token);
    return index < 0 ? undefined : this.#proofs.splice(index, 1)[0]?.proof;
  }

  get sessionId(): SessionId {
    return this.session?.id ?? 0;
  }
}
