/**
 * The limits of a namespace, by name: defaults here, others in the variable `LIMITS`, and those of one namespace in
 * `NAMESPACE_LIMITS`. 0 stands for no limit.
 */
import type { CoreLimits } from "../core/limits.ts";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";

/** As written in wrangler.toml. */
export type LimitSettings = { readonly [name in keyof typeof DEFAULTS]?: number };

const DEFAULTS = {
  /** Bytes of a request's frame (`jute.maxbuffer`): past it the connection is closed. */
  REQUEST_BYTES_MAX: FRAME_BYTES_MAX,
  /** Bytes of a reply. ZooKeeper has no such limit, but its Java client hangs up at 1,048,575. */
  REPLY_BYTES_MAX: 32 * 1024 * 1024,
  CHILDREN_PER_REPLY_MAX: 0,
  WATCHES_PER_SESSION_MAX: 500_000,
  /** Connections from one address (`maxClientCnxns`): one more is closed at once. */
  CONNECTIONS_PER_ADDRESS_MAX: 0,
  /**
   * Requests of a connection that wait for a batch (`globalOutstandingLimit`): a TCP connection is not read meanwhile;
   * over a WebSocket one more is answered with a throttled-op error.
   */
  OUTSTANDING_REQUESTS_MAX: 20_000,
};

export interface Limits extends CoreLimits {
  readonly requestBytesMax: number;
  readonly connectionsPerAddressMax: number;
  readonly outstandingRequestsMax: number;
}

/**
 * @throws RangeError naming what is wrong with the settings.
 */
export function limitsOf(...settings: readonly (LimitSettings | undefined)[]): Limits {
  const values = { ...DEFAULTS };
  for (const setting of settings) Object.assign(values, setting);
  for (const [name, value] of Object.entries(values)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new RangeError(`no limit ${name}`);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`${name} must be a whole number, not ${String(value)}`);
    }
  }
  return {
    // Above this a length is taken for garbage, whatever the settings.
    requestBytesMax: Math.min(orNone(values.REQUEST_BYTES_MAX), FRAME_BYTES_MAX),
    replyBytesMax: orNone(values.REPLY_BYTES_MAX),
    childrenPerReplyMax: orNone(values.CHILDREN_PER_REPLY_MAX),
    watchesPerSessionMax: orNone(values.WATCHES_PER_SESSION_MAX),
    connectionsPerAddressMax: orNone(values.CONNECTIONS_PER_ADDRESS_MAX),
    outstandingRequestsMax: orNone(values.OUTSTANDING_REQUESTS_MAX),
  };
}

function orNone(value: number): number {
  return value === 0 ? Infinity : value;
}
