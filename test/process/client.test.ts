/**
 * Our client against our server, over both transports.
 */
import { describe, expect, test } from "vitest";
import { connect, ConnectionLossError } from "../../src/client/index.ts";
import { startEdgekeeper } from "../support/edgekeeper-server.ts";
import { type ClientTarget, describeClient } from "./support/client-suite.ts";

const TICK_TIME_MS = 1_000;

describe("over a WebSocket", () => {
  describeClient(async (): Promise<ClientTarget> => {
    const server = await startEdgekeeper({ tickTimeMs: TICK_TIME_MS });
    return {
      host: server.host,
      port: server.httpPort,
      chroot: "",
      sessionTimeoutMs: 2 * TICK_TIME_MS,
      url: (port) => `http://${server.host}:${port}/v1/client`,
      [Symbol.asyncDispose]: async () => void (await server.stop()),
    };
  });
});

describe("over TCP", () => {
  describeClient(async (): Promise<ClientTarget> => {
    const server = await startEdgekeeper({ tickTimeMs: TICK_TIME_MS });
    return {
      host: server.host,
      port: server.zkPort,
      chroot: "",
      sessionTimeoutMs: 2 * TICK_TIME_MS,
      url: (port) => `zk://${server.host}:${port}`,
      [Symbol.asyncDispose]: async () => void (await server.stop()),
    };
  });
});

test("a server that is killed and started again finds its clients back", async () => {
  await using first = await startEdgekeeper();
  const { host, zkPort, httpPort, dataDir } = first;
  const clients = await Promise.all([
    connect(`zk://${host}:${zkPort}`),
    connect(`ws://${host}:${httpPort}/v1/default`),
  ]);
  const sessions = clients.map(({ session }) => session);
  await Promise.all(
    clients.map((zk, index) => zk.create(`/kill-${index}`, null, { mode: "ephemeral" })),
  );
  await first.kill();
  await using second = await startEdgekeeper({
    dataDir,
    args: ["--zk-port", String(zkPort), "--port", String(httpPort)],
  });
  expect(second.zkPort).toBe(zkPort);
  for (const [index, zk] of clients.entries()) {
    const stat = await zk.exists(`/kill-${index}`);
    expect(stat?.ephemeralOwner).toBe(sessions[index]?.id);
    expect(zk.session).toBe(sessions[index]);
    await zk.close();
  }
});

test("an address where nobody listens is given up in time", async () => {
  const refused = connect("ws://127.0.0.1:9/v1/default", { requestTimeoutMs: 300 });
  await expect(refused).rejects.toBeInstanceOf(ConnectionLossError);
  const alsoRefused = connect("zk://127.0.0.1:9", { requestTimeoutMs: 300 });
  await expect(alsoRefused).rejects.toThrow(/ECONNREFUSED/);
});

test("a token opens what is closed without", async () => {
  const token = "a-secret";
  await using server = await startEdgekeeper({
    args: ["--var", "ACCESS:token", "--var", `EDGEKEEPER_TOKEN:${token}`],
  });
  const url = `http://${server.host}:${server.httpPort}/v1/default`;
  await expect(connect(url, { requestTimeoutMs: 300 })).rejects.toBeInstanceOf(ConnectionLossError);
  await using zk = await connect(url, { token });
  expect(await zk.exists("/")).toBeDefined();
});
