/**
 * TCP, in the runtimes that have `node:net`: Node, Bun and Deno. Loaded only when an address asks for it.
 */
import { connect } from "node:net";
import type { OpenTransport } from "./transport.ts";

/** Opens a connection to `host:port`; the host may be an IPv6 address in brackets. */
export const openTcp: OpenTransport = (address, listener) => {
  const colon = address.lastIndexOf(":");
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const socket = connect({ host, port: Number(address.slice(colon + 1)) });
  let reason = "closed by the server";
  let isClosed = false;
  socket.setNoDelay(true);
  socket.on("connect", () => listener.onOpen());
  socket.on("data", (bytes) => {
    // Not as a Buffer, whose slices are not copies.
    const { buffer, byteOffset, length } = bytes;
    if (!isClosed) listener.onBytes(new Uint8Array(buffer, byteOffset, length));
  });
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
      // What is queued still leaves; a peer that does not answer must not keep the socket.
      socket.destroySoon();
    },
  };
};
