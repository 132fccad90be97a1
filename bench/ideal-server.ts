/**
 * A server that does as little as the generator's checks allow: no disk, no ACLs, no watches. It runs as a worker thread
 * of the benchmark and shows the most that the generator can do; it is nothing to compare with.
 */
import { createServer, type Socket } from "node:net";
import { parentPort } from "node:worker_threads";
import { ErrorCode } from "../src/protocol/error-code.ts";
import { FrameDecoder } from "../src/protocol/frame-decoder.ts";
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import { OpCode } from "../src/protocol/op-code.ts";
import {
  readConnectRequest,
  readRequestHeader,
  type Stat,
  writeConnectResponse,
  writeReplyHeader,
} from "../src/protocol/records.ts";
import { type Reply, writeReply } from "../src/protocol/replies.ts";
import { readRequest, type Request } from "../src/protocol/requests.ts";

interface IdealZnode {
  data: Uint8Array;
  version: number;
  numChildren: number;
}

const znodes = new Map<string, IdealZnode>();
let zxid = 0;

const server = createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
  if (typeof address === "object") parentPort?.postMessage(address?.port);
});

function serve(socket: Socket): void {
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
      if (connected) closing = answer(new JuteReader(frame), writer);
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
function answer(reader: JuteReader, writer: JuteWriter): boolean {
  const { xid, type } = readRequestHeader(reader);
  const request = readRequest(reader, type);
  const reply = request && apply(request);
  writeReplyHeader(writer, xid, zxid, reply ? ErrorCode.ok : ErrorCode.noNode);
  if (reply) writeReply(writer, reply);
  return type === OpCode.closeSession;
}

function apply(request: Request): Reply | undefined {
  switch (request.type) {
    case OpCode.create: {
      znodes.set(request.path, { data: copy(request.data), version: 0, numChildren: 0 });
      countChild(request.path, 1);
      return { type: request.type, path: request.path };
    }
    case OpCode.delete:
      znodes.delete(request.path);
      countChild(request.path, -1);
      return { type: request.type };
    case OpCode.setData: {
      const znode = znodes.get(request.path);
      if (znode === undefined) return undefined;
      znode.data = copy(request.data);
      znode.version++;
      zxid++;
      return { type: request.type, stat: statOf(znode) };
    }
    case OpCode.getData: {
      const znode = znodes.get(request.path);
      return znode && { type: request.type, data: znode.data, stat: statOf(znode) };
    }
    case OpCode.exists: {
      const znode = znodes.get(request.path);
      return znode && { type: request.type, stat: statOf(znode) };
    }
    case OpCode.closeSession:
      return { type: request.type };
    default:
      return undefined;
  }
}

function countChild(path: string, change: number): void {
  zxid++;
  const parent = znodes.get(path.slice(0, path.lastIndexOf("/")));
  if (parent) parent.numChildren += change;
}

/** Frames share memory with everything else that arrived with them. */
function copy(data: Uint8Array | null): Uint8Array {
  return Uint8Array.prototype.slice.call(data ?? new Uint8Array(0));
}

function statOf({ data, version, numChildren }: IdealZnode): Stat {
  const unused = { czxid: 0, mzxid: 0, ctime: 0, mtime: 0, cversion: 0, aversion: 0, pzxid: 0 };
  return { ...unused, ephemeralOwner: 0, dataLength: data.length, version, numChildren };
}
