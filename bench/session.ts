/**
 * The handshake: a new session over a new connection.
 */
import { JuteReader } from "../src/protocol/jute-reader.ts";
import { JuteWriter } from "../src/protocol/jute-writer.ts";
import { PASSWD_BYTES } from "../src/protocol/limits.ts";
import { readConnectResponse, writeConnectRequest } from "../src/protocol/records.ts";
import { type Address, type Channel, connectTcp } from "./tcp-channel.ts";
import { connectWebSocket } from "./web-socket-channel.ts";

/** Longer than a session is ever silent: the generator sends no pings while it loads. */
export const SESSION_TIMEOUT_MS = 40_000;

const HANDSHAKE_TIMEOUT_MS = 60_000;

/** Opens a connection, of the kind that the address asks for. */
export async function connectChannel(address: Address): Promise<Channel> {
  const { webSocketPath: path } = address;
  return path === undefined ? await connectTcp(address) : await connectWebSocket(address, path);
}

/**
 * Opens a connection and a session on it.
 *
 * @throws Error when the server refuses either or says nothing for a minute.
 */
export async function openSession(
  address: Address,
  timeoutMs: number = SESSION_TIMEOUT_MS,
): Promise<Channel> {
  const channel = await connectChannel(address);
  await startSession(channel, timeoutMs);
  return channel;
}

/**
 * Opens a session on a new connection, and returns the timeout that it was granted.
 *
 * @throws Error when the server refuses it or says nothing for a minute.
 */
export async function startSession(channel: Channel, timeoutMs: number): Promise<number> {
  const frame = await exchangeHandshake(channel, timeoutMs);
  const { timeOut } = readConnectResponse(new JuteReader(frame));
  if (timeOut > 0) return timeOut;
  channel.destroy();
  throw new Error("the server refused a new session");
}

function exchangeHandshake(channel: Channel, timeoutMs: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      channel.destroy();
      reject(new Error("no answer to the handshake for a minute"));
    }, HANDSHAKE_TIMEOUT_MS);
    channel.listen({
      onFrames: ([frame]) => {
        clearTimeout(timer);
        if (frame) resolve(frame.slice());
      },
      onEnd: (reason) => {
        clearTimeout(timer);
        reject(new Error(`during the handshake: ${reason}`));
      },
    });
    const writer = new JuteWriter();
    const at = writer.beginFrame();
    writeConnectRequest(writer, {
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeOut: timeoutMs,
      sessionId: 0,
      passwd: new Uint8Array(PASSWD_BYTES),
      readOnly: false,
    });
    writer.endFrame(at);
    channel.write(writer.toBytes());
  });
}
