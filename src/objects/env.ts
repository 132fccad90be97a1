import type { AccessVariables } from "../access/settings.ts";
import type { LimitSettings } from "./limits.ts";
import type { SubtreeObject } from "./subtree-object.ts";

/** Bindings and variables of wrangler.toml. */
export interface Env extends AccessVariables {
  readonly SUBTREE: DurableObjectNamespace<SubtreeObject>;
  readonly TICK_TIME_MS: number;
  /** The shortest timeout that a session gets (`minSessionTimeout`); 2 ticks unless it is set. */
  readonly MIN_SESSION_TIMEOUT_MS?: number;
  /** The longest timeout that a session gets (`maxSessionTimeout`); 20 ticks unless it is set. */
  readonly MAX_SESSION_TIMEOUT_MS?: number;
  readonly TCP_NAMESPACE: string;
  /** How often containers and znodes with a TTL are looked at (`znode.container.checkIntervalMs`). */
  readonly CONTAINER_CHECK_INTERVAL_MS: number;
  /** The four-letter words that are answered, with commas between, or `*` (`4lw.commands.whitelist`). */
  readonly FOUR_LETTER_WORDS: string;
  /** Port of the TCP listener, as far as it is known: shown, and no more. */
  readonly TCP_PORT?: number;
  /** Limits other than the defaults. */
  readonly LIMITS?: LimitSettings;
  /** Limits of single namespaces, by name. */
  readonly NAMESPACE_LIMITS?: Readonly<Record<string, LimitSettings>>;
  /** Whether hard limits of quotas forbid anything (`enforceQuota`). */
  readonly ENFORCE_QUOTA: boolean;
  /** Secret: `super:base64(sha1("super:password"))` (`DigestAuthenticationProvider.superDigest`). */
  readonly SUPER_DIGEST?: string;
  /** Cloudflare's own limits, asked instead of RATE_LIMITS where they are bound. */
  readonly SUBJECT_RATE_LIMIT?: RateLimit;
  readonly ADDRESS_RATE_LIMIT?: RateLimit;
  /**
   * Header that says where a request comes from, and that nobody but what stands in front of the Worker can set.
   * Without it addresses are unknown.
   */
  readonly ADDRESS_HEADER?: string;
}

/** Header in which the Worker tells the object where a WebSocket comes from. */
export const CLIENT_ADDRESS_HEADER = "edgekeeper-client-address";

/**
 * Header in which the Worker tells the object what a WebSocket may do: the grant in JSON, percent-encoded; none stands for
 * everything. What a client sends under this name is taken off.
 */
export const GRANT_HEADER = "edgekeeper-grant";

/** Stands for an address that nobody vouches for; no ACL names it. */
export const UNKNOWN_ADDRESS = "0.0.0.0";
