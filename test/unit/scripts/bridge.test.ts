import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { parseBridgeOptions } from "../../../scripts/bridge/bridge-options.ts";
import { type Bridge, startBridge } from "../../../scripts/bridge/start-bridge.ts";
import { type WebSocketPeer, WebSocketServer } from "./support/web-socket-server.ts";

let server: WebSocketServer;
let url: string;
let bridge: Bridge;
let reports: string[];
const clients: Socket[] = [];

beforeEach(async () => {
  server = new WebSocketServer();
  url = await server.start();
  reports = [];
  await startWith({ token: "secret" });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await bridge.close();
  server.stop();
});

async function startWith(options: { token?: string; url?: string }): Promise<void> {
  bridge = await startBridge({
    url,
    host: "127.0.0.1",
    port: 0,
    report: (line) => reports.push(line),
    ...options,
  });
}

async function openClient(): Promise<Socket> {
  const client = connect({ host: "127.0.0.1", port: bridge.port, noDelay: true });
  client.on("error", () => {}); // "close" follows.
  clients.push(client);
  await once(client, "connect");
  return client;
}

async function nextPeer(): Promise<WebSocketPeer> {
  const count = server.connections.length;
  return await vi.waitFor(() => {
    const peer = server.connections[count] ?? server.connections.at(-1);
    if (peer === undefined) throw new Error("no WebSocket yet");
    return peer;
  });
}

function frame(payload: string | Buffer): Buffer {
  const bytes = Buffer.from(payload);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

test("presents the token", async () => {
  await openClient();
  await nextPeer();
  expect(server.requests[0]?.headers.authorization).toBe("Bearer secret");
  expect(server.requests[0]?.url).toBe("/v1/default/zk");
});

test("sends whole frames only, however the bytes arrive", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  const frames = [frame("first"), frame(""), frame(Buffer.alloc(100_000, 7)), frame("last")];
  const bytes = Buffer.concat(frames);
  for (const [from, to] of [
    [0, 2],
    [2, 4],
    [4, 8],
    [8, 20],
    [20, 70_000],
    [70_000, bytes.length],
  ]) {
    client.write(bytes.subarray(from, to));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await vi.waitFor(() => expect(Buffer.concat(peer.messages)).toEqual(bytes));
  for (const message of peer.messages) {
    let offset = 0;
    while (offset < message.length) offset += 4 + message.readInt32BE(offset);
    expect(offset).toBe(message.length);
  }
});

test("sends what came in together as one message", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  client.write(Buffer.concat([frame("a"), frame("b"), frame("c")]));
  await vi.waitFor(() => expect(peer.messages).toHaveLength(1));
});

test("keeps what a client sends before the WebSocket is open", async () => {
  const client = connect({ host: "127.0.0.1", port: bridge.port });
  clients.push(client);
  client.write(frame("early"));
  const peer = await nextPeer();
  await vi.waitFor(() => expect(peer.messages).toEqual([frame("early")]));
});

test("writes the server's bytes as they are", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  const received: Buffer[] = [];
  client.on("data", (chunk: Buffer) => received.push(chunk));
  peer.send(frame("one"));
  peer.send(Buffer.concat([frame("two"), frame("three")]));
  await vi.waitFor(() =>
    expect(Buffer.concat(received)).toEqual(
      Buffer.concat([frame("one"), frame("two"), frame("three")]),
    ),
  );
});

const PING = frame(Buffer.from("fffffffe0000000b", "hex"));

/** A reply with that zxid; xid -1 makes it an event. */
function reply(xid: number, zxid: number): Buffer {
  const header = Buffer.alloc(20);
  header.writeInt32BE(xid, 0);
  header.writeBigInt64BE(BigInt(zxid), 4);
  return frame(header);
}

test("sends a ping of an idle client as text, and answers it as the server would", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  const received: Buffer[] = [];
  client.on("data", (chunk: Buffer) => received.push(chunk));
  const arrived = async (expected: Buffer): Promise<void> => {
    await vi.waitFor(() => expect(Buffer.concat(received)).toEqual(expected));
    received.length = 0;
  };
  client.write(frame("handshake"));
  await vi.waitFor(() => expect(peer.messages).toHaveLength(1));
  // Nothing is promised to whom has no session yet, and has an answer to wait for.
  client.write(PING);
  await vi.waitFor(() => expect(peer.messages).toHaveLength(2));
  const answers = Buffer.concat([frame(Buffer.alloc(36)), reply(-2, 5), reply(-1, -1)]);
  peer.send(answers);
  await arrived(answers);

  client.write(PING);
  await vi.waitFor(() => expect(peer.texts).toEqual(["ping"]));
  peer.sendText("pong");
  await arrived(frame(Buffer.from("fffffffe000000000000000500000000", "hex")));

  const request = frame(Buffer.from("0000000100000003", "hex"));
  for (const bytes of [Buffer.concat([request, PING]), PING]) client.write(bytes);
  await vi.waitFor(() =>
    expect(Buffer.concat(peer.messages.slice(2))).toEqual(Buffer.concat([request, PING, PING])),
  );
  const late = Buffer.concat([reply(1, 6), reply(-2, 6), reply(-2, 7)]);
  peer.send(late);
  await arrived(late);
  client.write(PING);
  await vi.waitFor(() => expect(peer.texts).toEqual(["ping", "ping"]));
  expect(peer.messages.length).toBeLessThanOrEqual(4);
  peer.sendText("pong");
  await arrived(frame(Buffer.from("fffffffe000000000000000700000000", "hex")));
});

test("closes the WebSocket when the client closes", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  client.end();
  await vi.waitFor(() => expect(peer.closeCode).toBe(1000));
});

test("closes the WebSocket when the client resets the connection", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  client.resetAndDestroy();
  await vi.waitFor(() => expect(peer.closeCode).toBe(1000));
  expect(reports).toEqual([]);
});

test("closes the client when the server closes, after what the server had sent", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  const received: Buffer[] = [];
  client.on("data", (chunk: Buffer) => received.push(chunk));
  peer.send(frame("farewell"));
  peer.close(1000, "");
  await once(client, "close");
  expect(Buffer.concat(received)).toEqual(frame("farewell"));
  expect(reports).toEqual([]);
});

test("reports in one line why the server closed", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  client.resume();
  peer.close(1008, "too much unread");
  await once(client, "close");
  expect(reports).toHaveLength(1);
  expect(reports[0]).toMatch(/^127\.0\.0\.1:\d+: the server closed it \(1008 too much unread\)$/);
});

test("reports in one line why the server refused", async () => {
  server.refusal = { status: 401, body: '{"error":"present the token"}' };
  const client = await openClient();
  client.resume();
  await once(client, "close");
  await vi.waitFor(() => expect(reports).toHaveLength(1));
  expect(reports[0]).toMatch(/: cannot connect to ws:.*: it answers 401 present the token$/);
});

test("reports in one line that there is no server, and closes the client", async () => {
  await bridge.close();
  await startWith({ url: "ws://127.0.0.1:9/v1/default/zk" });
  const client = await openClient();
  client.resume();
  await once(client, "close");
  await vi.waitFor(() => expect(reports).toHaveLength(1));
  expect(reports[0]).toMatch(/: cannot connect to ws:[^\n]*$/);
});

test("cuts off a client that does not speak the protocol", async () => {
  const client = await openClient();
  const peer = await nextPeer();
  client.resume().write("GET / HTTP/1.1\r\n\r\n");
  await once(client, "close");
  await vi.waitFor(() => expect(peer.closeCode).toBe(1000));
  expect(peer.messages).toEqual([]);
  expect(reports[0]).toMatch(/: closed: it does not speak ZooKeeper's protocol$/);
});

test("stops reading from the client while the server does not read, and goes on after", async () => {
  server.isDeaf = true;
  const client = await openClient();
  const peer = await nextPeer();
  const payload = frame(Buffer.alloc(512 * 1024, 1));
  const count = 64;
  for (let index = 0; index < count; index++) client.write(payload);
  // Some of it fits into the sockets' buffers and ours; most of it has to wait at the client.
  let waiting = -1;
  await vi.waitFor(
    () => {
      const before = waiting;
      waiting = client.writableLength;
      expect(waiting).toBe(before);
    },
    { interval: 200, timeout: 4000 },
  );
  expect(waiting).toBeGreaterThan((count / 2) * payload.length);
  peer.socket.resume();
  await vi.waitFor(
    () => {
      const bytes = peer.messages.reduce((sum, message) => sum + message.length, 0);
      expect(bytes).toBe(count * payload.length);
    },
    { timeout: 10_000 },
  );
}, 20_000);

test("cuts off a client that never reads its replies", async () => {
  const client = await openClient();
  client.pause();
  const peer = await nextPeer();
  const payload = Buffer.alloc(4 * 1024 * 1024);
  for (let index = 0; index < 24; index++) peer.send(payload);
  await vi.waitFor(() => expect(reports).toHaveLength(1), { timeout: 10_000 });
  expect(reports[0]).toMatch(/: closed: it does not read its replies$/);
}, 20_000);

test("takes the token from the environment, and refuses bad options", () => {
  const address = ["--url", "wss://example.test/v1/default/zk"];
  expect(parseBridgeOptions(address, { EDGEKEEPER_TOKEN: "t" })).toEqual({
    url: "wss://example.test/v1/default/zk",
    host: "127.0.0.1",
    zkPort: 2181,
    token: "t",
  });
  expect(parseBridgeOptions([...address, "--token", "u"], { EDGEKEEPER_TOKEN: "t" })?.token).toBe(
    "u",
  );
  expect(() => parseBridgeOptions([], {})).toThrow("--url is missing");
  expect(() => parseBridgeOptions(["--url", "https://example.test"], {})).toThrow("ws://");
  expect(() => parseBridgeOptions([...address, "--token", "a b"], {})).toThrow("spaces");
});
