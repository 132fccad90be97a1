/**
 * Settings that need not be set: what wrangler.toml says, for a Worker whose own does not name them.
 */
import type { Env } from "./env.ts";

const DEFAULTS = {
  TICK_TIME_MS: 2_000,
  CONTAINER_CHECK_INTERVAL_MS: 60_000,
  ENFORCE_QUOTA: false,
  FOUR_LETTER_WORDS: "srvr",
  TCP_NAMESPACE: "default",
  ACCESS: "token",
} as const satisfies Partial<Env>;

/** What a Worker must have to have Edgekeeper in it; the rest has defaults. */
export type EdgekeeperEnv = Pick<Env, "SUBTREE"> & Partial<Env>;

export function withDefaults(env: EdgekeeperEnv): Env {
  return { ...DEFAULTS, ...env };
}
