import type { SubtreeObject } from "./subtree-object.ts";

/** Bindings and variables of wrangler.toml. */
export interface Env {
  readonly SUBTREE: DurableObjectNamespace<SubtreeObject>;
  readonly TICK_TIME_MS: number;
  readonly TCP_NAMESPACE: string;
  readonly ACCESS: "token" | "open";
  /** Secret: what a client must present as a bearer token when ACCESS is "token". */
  readonly EDGEKEEPER_TOKEN?: string;
}

/** Header in which the Worker tells the object where a WebSocket comes from. */
export const CLIENT_ADDRESS_HEADER = "edgekeeper-client-address";

/** Stands for an address that nobody vouches for; no ACL names it. */
export const UNKNOWN_ADDRESS = "0.0.0.0";
