/**
 * ZooKeeper's protocol around a tree, one connection of it.
 */
import type { Socket } from "node:net";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { FrameDecoder } from "../../src/protocol/frame-decoder.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import {
  readConnectRequest,
  readRequestHeader,
  writeConnectResponse,
  writeReplyHeader,
} from "../../src/protocol/records.ts";
import { type Reply, writeReply } from "../../src/protocol/replies.ts";
import { readRequest, type Request } from "../../src/protocol/requests.ts";

/** Where requests are answered. */
export interface AnsweringTree {
  readonly zxid: number;
  apply(request: Request): Reply | undefined;
}

export function serveIdeally(socket: Socket, tree: AnsweringTree): void {
  const decoder = new FrameDecoder();
  const writer = new JuteWriter();
  const frames: Uint8Array[] = [];
  let connected = false;
  socket.on("error", () => socket.destroy()); // The generator reports the broken connection.
  socket.on("data", (chunk: Uint8Array) => {
    frames.length = 0;
    decoder.push(chunk, frames);
    let closing = false;
    for (const frame of frames) {
      const at = writer.beginFrame();
      if (connected) closing = answer(new JuteReader(frame), writer, tree);
      else answerHandshake(new JuteReader(frame), writer);
      connected = true;
      writer.endFrame(at);
    }
    if (writer.length > 0) socket.write(writer.take());
    if (closing) socket.end();
  });
}

function answerHandshake(reader: JuteReader, writer: JuteWriter): void {
  const { timeOut, passwd, readOnly } = readConnectRequest(reader);
  writeConnectResponse(writer, { protocolVersion: 0, timeOut, sessionId: 1, passwd, readOnly });
}

/** True when the session ends. */
function answer(reader: JuteReader, writer: JuteWriter, tree: AnsweringTree): boolean {
  const { xid, type } = readRequestHeader(reader);
  const request = readRequest(reader, type);
  const reply = request && tree.apply(request);
  writeReplyHeader(writer, xid, tree.zxid, reply ? ErrorCode.ok : ErrorCode.noNode);
  if (reply) writeReply(writer, reply);
  return type === OpCode.closeSession;
}
