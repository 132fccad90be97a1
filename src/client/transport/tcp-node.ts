/**
 * TCP, in the runtimes that have `node:net`: Node from 20.16, Bun and Deno. Loaded only when an address asks for it, and
 * without an import of `node:net`, which bundlers for browsers and Workers would fall over.
 */
import type * as Net from "node:net";
import type { OpenTransport } from "./transport.ts";

interface NodeGlobals {
  readonly process?: { getBuiltinModule?(name: "node:net"): typeof Net | undefined };
}

/**
 * All connections read into it, one after the other. Without `onread` Node makes a buffer for every read, and runs its streams.
 * Bun brings its own buffers.
 */
const readBuffer = new Uint8Array(64 * 1024);

/** Opens a connection to `host:port`; the host may be an IPv6 address in brackets. */
export const openTcp: OpenTransport = (address, listener) => {
  const net = (globalThis as unknown as NodeGlobals).process?.getBuiltinModule?.("node:net");
  if (net === undefined) throw new TypeError("zk:// needs TCP, which this runtime does not offer");
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  let reason = "closed by the server";
  let isClosed = false;
  const socket = net.connect({
    host,
    port: Number(address.slice(colon + 1)),
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length, buffer) => {
        // A copy, in Bun too, where it is a Buffer, whose slices are none.
        if (!isClosed) listener.onBytes(new Uint8Array(buffer.subarray(0, length)));
        return true;
      },
    },
  });
  socket.on("connect", () => listener.onOpen());
  socket.on("error", (error) => {
    reason = error.message;
  });
  socket.on("close", () => {
    if (!isClosed) listener.onClose(reason);
  });
  return {
    send: (bytes) => void socket.write(bytes),
    sendHeartbeat: undefined,
    close: () => {
      isClosed = true;
      // What is queued still leaves.
      socket.destroySoon();
    },
  };
};
