/**
 * Where the fields of frames stand, so that a prepared frame is changed and a reply is checked in place. The frames
 * themselves are written by src/protocol: a mistake here shows at once as an error of the run.
 */
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import { writeRequestHeader } from "../src/protocol/records.ts";
import { type Request, writeRequest } from "../src/protocol/requests.ts";

/** Offset of the xid in a request frame: behind the length. */
export const REQUEST_XID_AT = 4;

/** Offset of the body in a request frame: behind the length, the xid and the type. The body begins with the path. */
export const REQUEST_BODY_AT = 12;

/** Bytes of a string's or buffer's length. */
export const LENGTH_BYTES = 4;

/** Offsets in a reply, counted without the frame's length, which FrameDecoder removes. */
export const REPLY_XID_AT = 0;
export const REPLY_ZXID_AT = 4;
export const REPLY_ERR_AT = 12;
export const REPLY_BODY_AT = 16;

/** Offsets in a Stat. */
export const STAT_VERSION_AT = 32;
export const STAT_DATA_LENGTH_AT = 52;
export const STAT_BYTES = 68;

/** A whole request frame, its length included. */
export function encodeRequestFrame(xid: number, request: Request): Uint8Array {
  const writer = new JuteWriter();
  const frame = writer.beginFrame();
  writeRequestHeader(writer, { xid, type: request.type });
  writeRequest(writer, request);
  writer.endFrame(frame);
  return writer.toBytes();
}
