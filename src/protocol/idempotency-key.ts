/**
 * An extension of the protocol: a write that may be asked for again, under a key, and is done once (docs/wire.md).
 *
 * The key stands behind the request's record, where ZooKeeper does not look. That a server does look there, its clients know from
 * the passwords of their sessions.
 */
import { JuteError, type JuteReader } from "./jute-reader.ts";
import type { JuteWriter } from "./jute-writer.ts";

/** `EKid`, before the key. */
const MARK = 0x454b6964;

/** Before a key: the mark, and the length of the key. */
const HEADER_BYTES = 8;

const PRINTABLE = /^[ -~]{1,128}$/;

/** The error of a request whose key was used for another one. No code of ZooKeeper's is near. */
export const IDEMPOTENCY_KEY_REUSED = -2002;

export function writeIdempotencyKey(writer: JuteWriter, key: string): void {
  writer.writeInt(MARK);
  writer.writeString(key);
}

/** Whether a key is one: 1 to 128 printable characters of ASCII. */
export function isIdempotencyKey(key: string): boolean {
  return PRINTABLE.test(key);
}

/** Reads what stands behind a request's record: undefined when that is no key. @throws JuteError when it is a malformed one. */
export function readIdempotencyKey(reader: JuteReader): string | undefined {
  if (reader.remaining < HEADER_BYTES || reader.readInt() !== MARK) return undefined;
  const key = reader.readString();
  if (!isIdempotencyKey(key)) throw new JuteError("not an idempotency key");
  return key;
}

/** Puts the mark at the end of a password. */
export function markPasswd(passwd: Uint8Array): void {
  new DataView(passwd.buffer, passwd.byteOffset).setUint32(passwd.length - 4, MARK);
}

/** Whether the server that granted a session does writes with a key once. */
export function isMarkedPasswd(passwd: Uint8Array): boolean {
  const view = new DataView(passwd.buffer, passwd.byteOffset, passwd.length);
  return passwd.length === 16 && view.getUint32(12) === MARK;
}
