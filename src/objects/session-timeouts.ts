/**
 * Which session timeouts are granted, as the settings say it.
 */
import { defaultSessionTimeouts, type SessionTimeouts } from "../core/session-tracker.ts";

/** The protocol has 32 bits for it. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** As written in wrangler.toml. */
export interface SessionTimeoutSettings {
  readonly TICK_TIME_MS: number;
  readonly MIN_SESSION_TIMEOUT_MS?: number;
  readonly MAX_SESSION_TIMEOUT_MS?: number;
}

/**
 * @throws RangeError naming what is wrong with the settings.
 */
export function sessionTimeoutsOf(settings: SessionTimeoutSettings): SessionTimeouts {
  const defaults = defaultSessionTimeouts(settings.TICK_TIME_MS);
  const minMs = setting(settings, "MIN_SESSION_TIMEOUT_MS") ?? defaults.minMs;
  const maxMs = setting(settings, "MAX_SESSION_TIMEOUT_MS") ?? defaults.maxMs;
  if (minMs > maxMs) {
    // As ZooKeeper (`QuorumPeerConfig`), also where one of them is the default.
    throw new RangeError(
      `MIN_SESSION_TIMEOUT_MS must not be larger than MAX_SESSION_TIMEOUT_MS: ${minMs} and ${maxMs}`,
    );
  }
  return { minMs, maxMs };
}

function setting(
  settings: SessionTimeoutSettings,
  name: "MIN_SESSION_TIMEOUT_MS" | "MAX_SESSION_TIMEOUT_MS",
): number | undefined {
  const value = settings[name];
  if (value === undefined) return undefined;
  if (!Number.isSafeInteger(value) || value < 1 || value > TIMEOUT_MS_MAX) {
    throw new RangeError(
      `${name} must be a whole number of milliseconds from 1 to ${TIMEOUT_MS_MAX}, not ${String(value)}`,
    );
  }
  return value;
}
