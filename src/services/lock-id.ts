/**
 * What a holder is given to renew and release with: the session that holds, its password, and the znode. Opaque to whoever has
 * it; the version is there so that it can change.
 */
import { isValidPath } from "../core/path.ts";
import { JuteReader } from "../protocol/jute-reader.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import { PASSWD_BYTES } from "../protocol/limits.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";

const VERSION = 1;

export interface LockIdentity {
  readonly sessionId: number;
  readonly passwd: Uint8Array;
  /** What was asked to be locked. */
  readonly path: string;
  /** The znode that holds it. */
  readonly znode: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeLockId({ sessionId, passwd, path, znode }: LockIdentity): string {
  const writer = new JuteWriter();
  writer.writeInt(VERSION);
  writer.writeLong(sessionId);
  writer.writeBuffer(passwd);
  writer.writeBuffer(encoder.encode(path));
  // It is below the path.
  writer.writeBuffer(encoder.encode(znode.slice(path.length)));
  return toBase64url(writer.toBytes());
}

/** Undefined for what is no lock id. */
export function decodeLockId(id: string): LockIdentity | undefined {
  const bytes = fromBase64url(id);
  if (bytes === undefined) return undefined;
  try {
    const reader = new JuteReader(bytes);
    if (reader.readInt() !== VERSION) return undefined;
    const sessionId = reader.readLong();
    const passwd = reader.readBuffer();
    const path = decoder.decode(reader.readBuffer() ?? new Uint8Array());
    const znode = path + decoder.decode(reader.readBuffer() ?? new Uint8Array());
    const isWhole = reader.remaining === 0 && passwd?.length === PASSWD_BYTES;
    const isBelow = isValidPath(path) && isValidPath(znode) && znode.startsWith(`${path}/`);
    if (!isWhole || !isBelow || !Number.isSafeInteger(sessionId) || sessionId <= 0)
      return undefined;
    return { sessionId, passwd, path, znode };
  } catch {
    // It ends too early, or is no text where one should be.
    return undefined;
  }
}
