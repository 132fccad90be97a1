/**
 * The first frame in each direction. Here a session id keeps all 64 bits, since it may be a real ZooKeeper's.
 */
import type { JuteReader } from "../protocol/jute-reader.ts";
import { JuteWriter } from "../protocol/jute-writer.ts";
import { PASSWD_BYTES } from "../protocol/limits.ts";
import { readLongBits } from "./stat.ts";

export interface SessionIdentity {
  /** 0n for a session that is to be opened. */
  readonly id: bigint;
  readonly passwd: Uint8Array;
}

export const NEW_SESSION: SessionIdentity = { id: 0n, passwd: new Uint8Array(PASSWD_BYTES) };

export interface ConnectAnswer extends SessionIdentity {
  /** What was granted, in milliseconds; 0 when the session is expired. */
  readonly timeoutMs: number;
}

export function encodeConnect(
  identity: SessionIdentity,
  timeoutMs: number,
  lastZxidSeen: number,
): Uint8Array<ArrayBuffer> {
  const writer = new JuteWriter();
  const frame = writer.beginFrame();
  writer.writeInt(0); // Protocol version.
  writer.writeLong(lastZxidSeen);
  writer.writeInt(timeoutMs);
  writer.writeInt(Number(BigInt.asIntN(32, identity.id >> 32n)));
  writer.writeInt(Number(BigInt.asIntN(32, identity.id)));
  writer.writeBuffer(identity.passwd);
  writer.writeBool(false); // Read-only servers will not do.
  writer.endFrame(frame);
  return writer.toBytes();
}

/** @throws JuteError when it is malformed. */
export function readConnectAnswer(reader: JuteReader): ConnectAnswer {
  reader.readInt(); // Protocol version.
  const timeoutMs = reader.readInt();
  const id = readLongBits(reader);
  const passwd = reader.readBuffer()?.slice() ?? NEW_SESSION.passwd;
  return { id, passwd, timeoutMs };
}
