/**
 * Bytes as a test wants them, well formed or not.
 */
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { type ConnectRequest, writeConnectRequest } from "../../../src/protocol/records.ts";
import { type Request, writeRequest } from "../../../src/protocol/requests.ts";

/** A length that says more or less than the string or buffer has. */
export interface Lie {
  readonly length: number;
  readonly bytes?: Uint8Array;
}

export type Part = number | Uint8Array | string | null | boolean | Lie;

const encoder = new TextEncoder();

/**
 * Concatenates parts in jute's encoding: numbers are int32, strings and null have their length in front, byte
 * arrays stand for themselves.
 */
export function bytes(...parts: readonly Part[]): Uint8Array {
  const pieces = parts.map((part) => {
    if (typeof part === "number") return int(part);
    if (typeof part === "boolean") return Uint8Array.of(part ? 1 : 0);
    if (part === null) return int(-1);
    if (typeof part === "string") {
      const text = encoder.encode(part);
      return concat(int(text.length), text);
    }
    if (part instanceof Uint8Array) return part;
    return concat(int(part.length), part.bytes ?? new Uint8Array(0));
  });
  return concat(...pieces);
}

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(pieces);
}

export function int(value: number): Uint8Array {
  const encoded = Buffer.alloc(4);
  encoded.writeInt32BE(value | 0);
  return encoded;
}

export function long(value: bigint | number): Uint8Array {
  const encoded = Buffer.alloc(8);
  encoded.writeBigInt64BE(BigInt(value));
  return encoded;
}

/** A buffer with its length. */
export function buffer(value: Uint8Array | string | null): Uint8Array {
  if (value === null) return int(-1);
  const content = typeof value === "string" ? encoder.encode(value) : value;
  return concat(int(content.length), content);
}

/** A frame with its true length. */
export function frame(...parts: readonly Part[]): Uint8Array {
  const payload = bytes(...parts);
  return concat(int(payload.length), payload);
}

/** A request of any type with any body, framed. */
export function requestFrame(xid: number, type: number, body: Uint8Array): Uint8Array {
  return frame(xid, type, body);
}

/** A well-formed request, framed. */
export function encodeRequest(xid: number, request: Request): Uint8Array {
  return requestFrame(xid, request.type, encodeBody(request));
}

/** The body of a well-formed request. */
export function encodeBody(request: Request): Uint8Array {
  const writer = new JuteWriter();
  writeRequest(writer, request);
  return writer.toBytes();
}

/** A connect request as current clients send it, without its length. */
export function connectPayload(fields: Partial<ConnectRequest> = {}): Uint8Array {
  const writer = new JuteWriter();
  writeConnectRequest(writer, {
    protocolVersion: 0,
    lastZxidSeen: 0,
    timeOut: 30_000,
    sessionId: 0,
    passwd: new Uint8Array(16),
    readOnly: false,
    ...fields,
  });
  return writer.toBytes();
}

export function connectFrame(fields: Partial<ConnectRequest> = {}): Uint8Array {
  return frame(connectPayload(fields));
}
