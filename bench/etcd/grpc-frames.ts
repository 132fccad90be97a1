/**
 * HTTP/2 frames (RFC 9113) of gRPC calls, as far as a client needs them that keeps to what etcd's server does.
 *
 * Written here because a stream of node:http2 costs the generator some fifty microseconds: etcd would be measured by
 * what the generator can do.
 */
import { putInt } from "../bytes.ts";

export const FrameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;

export const FrameFlag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8 } as const;

export const FRAME_HEADER_BYTES = 9;
/** gRPC's own header of a message: whether it is compressed, and its length. */
export const MESSAGE_HEADER_BYTES = 5;
const STREAM_ID_AT = 5;
export const WINDOW_MAX = 2 ** 31 - 1;
export const INITIAL_WINDOW = 65_535;

const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const SETTING_HEADER_TABLE_SIZE = 1;
const SETTING_INITIAL_WINDOW_SIZE = 4;

const encoder = new TextEncoder();

export function encodeFrame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array,
): Uint8Array {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  putInt(frame, 0, payload.length << 8);
  frame[3] = type;
  frame[4] = flags;
  putInt(frame, STREAM_ID_AT, streamId);
  frame.set(payload, FRAME_HEADER_BYTES);
  return frame;
}

/** How a connection begins. Without a table for headers, the same trailers are always the same bytes. */
export function encodeOpening(): Uint8Array {
  const settings = new Uint8Array(12);
  settings[1] = SETTING_HEADER_TABLE_SIZE;
  settings[7] = SETTING_INITIAL_WINDOW_SIZE;
  putInt(settings, 8, WINDOW_MAX);
  return Buffer.concat([
    encoder.encode(PREFACE),
    encodeFrame(FrameType.settings, 0, 0, settings),
    encodeWindowUpdate(WINDOW_MAX - INITIAL_WINDOW),
  ]);
}

export function encodeWindowUpdate(bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  putInt(payload, 0, bytes);
  return encodeFrame(FrameType.windowUpdate, 0, 0, payload);
}

/** A call as it leaves, for one stream after another. */
export interface CallTemplate {
  readonly bytes: Uint8Array;
  /** Where the message stands in it. */
  readonly messageAt: number;
  /** Bytes of it that count against the server's window. */
  readonly dataBytes: number;
  readonly secondStreamIdAt: number;
}

/** The frames of a call with its first message; of the last one, too, unless the call goes on. */
export function makeCall(method: string, message: Uint8Array, isLast = true): CallTemplate {
  const head = encodeFrame(FrameType.headers, FrameFlag.endHeaders, 0, encodeHead(method));
  const payload = new Uint8Array(MESSAGE_HEADER_BYTES + message.length);
  putInt(payload, 1, message.length);
  payload.set(message, MESSAGE_HEADER_BYTES);
  const data = encodeFrame(FrameType.data, isLast ? FrameFlag.endStream : 0, 0, payload);
  return {
    bytes: Buffer.concat([head, data]),
    messageAt: head.length + FRAME_HEADER_BYTES + MESSAGE_HEADER_BYTES,
    dataBytes: payload.length,
    secondStreamIdAt: head.length + STREAM_ID_AT,
  };
}

/** Writes the call at `at`, and returns its size. */
export function putCall(
  target: Uint8Array,
  at: number,
  call: CallTemplate,
  streamId: number,
): number {
  target.set(call.bytes, at);
  putInt(target, at + STREAM_ID_AT, streamId);
  putInt(target, at + call.secondStreamIdAt, streamId);
  return call.bytes.length;
}

/** A request's headers in HPACK (RFC 7541), every one a literal that enters no table. */
function encodeHead(method: string): Uint8Array {
  const [methodPost, schemeHttp, authorityName, pathName] = [0x83, 0x86, 0x01, 0x04];
  const contentTypeName = [0x0f, 0x10];
  return Uint8Array.from([
    methodPost,
    schemeHttp,
    pathName,
    ...encodeText(method),
    authorityName,
    ...encodeText("localhost"),
    ...contentTypeName,
    ...encodeText("application/grpc"),
    0x00,
    ...encodeText("te"),
    ...encodeText("trailers"),
  ]);
}

/** A string below 127 bytes, as it is. */
function encodeText(text: string): number[] {
  return [text.length, ...encoder.encode(text)];
}
