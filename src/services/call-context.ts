/**
 * A call while it is performed: the clients that it has opened, and whether it still may wait.
 */
import type { ZooKeeper } from "../client/index.ts";
import type { CallHost, WantedSession } from "./call-host.ts";
import type { Caller, SessionKey } from "./call.ts";
import { CallFailure } from "./call-failure.ts";
import type { CallJournal } from "./call-journal.ts";
import type { ContendedPaths } from "./contended-paths.ts";
import { LocalClient, type LocalClientOptions } from "./local-client.ts";
import { fromBase64url } from "./base64url.ts";
import type { WaitingRoom } from "./waiting-room.ts";

export interface CallContextOptions {
  readonly host: CallHost;
  readonly caller: Caller;
  readonly waitingRoom: WaitingRoom;
  readonly contended: ContendedPaths;
  /** Aborted when the caller has gone away. */
  readonly signal: AbortSignal | undefined;
  /** Of a call with an idempotency key. */
  readonly journal: CallJournal | undefined;
}

export class CallContext {
  readonly host: CallHost;
  readonly caller: Caller;
  /** When the object heard of it, in milliseconds since 1970. */
  readonly startedMs: number;
  readonly #options: CallContextOptions;
  readonly #clients: LocalClient[] = [];

  constructor(options: CallContextOptions) {
    this.#options = options;
    this.host = options.host;
    this.caller = options.caller;
    this.startedMs = options.host.nowMs();
  }

  get contended(): ContendedPaths {
    return this.#options.contended;
  }

  get journal(): CallJournal | undefined {
    return this.#options.journal;
  }

  /** The last zxid that it has seen. */
  get zxid(): number {
    const seen = Math.max(0, ...this.#clients.map(({ lastZxid }) => lastZxid));
    return seen === 0 ? this.host.lastZxid : seen;
  }

  /** Whether a session that it used is over. */
  get isCutOff(): boolean {
    return this.#clients.some(({ isCutOff }) => isCutOff);
  }

  /** Opens a client without a session, or with one. @throws CallFailure when the session is not there. */
  async open(wanted?: WantedSession, options?: Pick<LocalClientOptions, "clock">) {
    const { host, caller, journal } = this;
    const client = await LocalClient.open({ host, caller, wanted, journal, ...options });
    if (client === undefined) throw sessionOver();
    this.#clients.push(client);
    return client;
  }

  /** The operations, in a session if one is given. */
  async zk(session?: SessionKey): Promise<ZooKeeper> {
    return (await this.open(session && wantedOf(session))).zk;
  }

  /**
   * Does something that may wait, under a signal that is aborted when the time is up or the caller has gone away.
   *
   * @throws CallFailure when too many wait.
   */
  async wait<T>(waitMs: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { waitingRoom, signal } = this.#options;
    return await waitingRoom.wait(waitMs, signal, run);
  }

  /** Ends a client and its session, also where the object has ended the channel: with refused credentials it does that. */
  async abandon(client: LocalClient): Promise<void> {
    await client.closeSession();
    if (client.session !== undefined) this.host.endLease(client.session.id);
  }

  /** Ends what it has opened. */
  end(): void {
    for (const client of this.#clients) client.end();
  }
}

export function wantedOf({ id, passwd }: SessionKey): WantedSession {
  // Nobody has an empty password.
  return { id, passwd: fromBase64url(passwd) ?? new Uint8Array() };
}

export function sessionOver(): CallFailure {
  return new CallFailure("notHeld", "the session is over, or the password is another");
}
