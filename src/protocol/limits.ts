/**
 * Limits of the wire, by name. A server may be configured below them, never above.
 */

/** Largest accepted frame payload in bytes: ZooKeeper's default `jute.maxbuffer`. */
export const FRAME_BYTES_MAX = 0xfffff;

/** Bytes of the length that precedes every frame. */
export const FRAME_HEADER_BYTES = 4;

/** Bytes of the header that every request begins with: xid and type. */
export const REQUEST_HEADER_BYTES = 8;

/** Bytes of the header that every reply begins with: xid, zxid and error. */
export const REPLY_HEADER_BYTES = 16;

/** Bytes of a session password. */
export const PASSWD_BYTES = 16;

/** Longest time to live of a znode in milliseconds, some 34 years (`EphemeralType.TTL`). */
export const TTL_MS_MAX = 2 ** 40 - 1;

/** Sub-operations that one multi may carry; the frame limit alone would allow some 100,000. */
export const MULTI_OPS_MAX = 65_536;
