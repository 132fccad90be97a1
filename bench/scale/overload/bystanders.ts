/**
 * Sessions with a short timeout that do nothing but send heartbeats, in a thread of their own, while others overload the
 * server. The thread also watches the server's memory, since the one that makes the load has no time for it.
 */
import type { Address } from "../../tcp-channel.ts";
import { AskedThread } from "../asked-thread.ts";

export interface BystanderData {
  readonly address: Address;
  readonly http: Address | undefined;
  readonly perTransport: number;
  readonly timeoutMs: number;
  readonly pid: number;
}

/** What happened since they were asked last. */
export interface BystanderResult {
  readonly sessions: number;
  /** The longest that a heartbeat waited for its answer, in milliseconds. */
  readonly tcpMaxMs: number;
  readonly webSocketMaxMs: number;
  /** How long their own thread did not run at worst. */
  readonly ownMaxMs: number;
  /** Resident bytes of the server, every tenth of a second. */
  readonly rss: readonly number[];
  /** Why sessions ended, or did not answer a request. */
  readonly failures: readonly string[];
}

/** When it is asked, it sends a request on every session first. */
export type Bystanders = AskedThread<BystanderResult>;

export async function startBystanders(data: BystanderData): Promise<Bystanders> {
  return await AskedThread.start(new URL("./bystander-worker.ts", import.meta.url), data);
}
