/**
 * Requests that are nothing but a header, outside of the line of others.
 */
import { FRAME_HEADER_BYTES, REQUEST_HEADER_BYTES } from "../protocol/limits.ts";
import { OpCode, ReservedXid } from "../protocol/op-code.ts";

/** Its reply has the same xid. */
export const PING_FRAME = headerFrame(ReservedXid.ping, OpCode.ping);

/** The only request of its connection. */
export const CLOSE_SESSION_FRAME = headerFrame(1, OpCode.closeSession);

function headerFrame(xid: number, type: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + REQUEST_HEADER_BYTES);
  const view = new DataView(frame.buffer);
  view.setInt32(0, REQUEST_HEADER_BYTES);
  view.setInt32(4, xid);
  view.setInt32(8, type);
  return frame;
}
