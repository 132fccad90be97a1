/**
 * Limits that only TCP shows: connections from one address, and requests that wait.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { OpCode } from "../../src/protocol/op-code.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { eventually } from "./support/conditions.ts";
import { WireSession } from "./support/wire-session.ts";

const LIMITS = { CONNECTIONS_PER_ADDRESS_MAX: 3, OUTSTANDING_REQUESTS_MAX: 10 };

let server: EdgekeeperServer;

beforeAll(async () => {
  server = await startEdgekeeper({ args: ["--var", `LIMITS:${JSON.stringify(LIMITS)}`] });
});

afterAll(async () => void (await server?.stop()));

function open(): Promise<WireSession> {
  return WireSession.open({ host: server.host, port: server.zkPort });
}

it("an address has so many connections, and a new one when it has ended one", async () => {
  const sessions = [await open(), await open(), await open()];
  await expect(open()).rejects.toThrow();
  await sessions[1]?.create("/still-served");
  sessions[0]?.drop();
  const next = await eventually("there is room again", () => open().catch(() => undefined));
  expect(await next.exists("/still-served")).toBeDefined();
  await expect(open()).rejects.toThrow();
  for (const session of [...sessions.slice(1), next]) await session.close();
});

it("a client that sends more than may wait is made to wait, and every request is done", async () => {
  const session = await eventually("there is room", () => open().catch(() => undefined));
  await session.create("/busy");
  const count = 5_000;
  const sets = Array.from({ length: count }, (_, i) => {
    const data = new TextEncoder().encode(String(i));
    return session.ask({ type: OpCode.setData, path: "/busy", data, version: i });
  });
  const last = (await Promise.all(sets)).at(-1);
  expect(last?.stat.version).toBe(count);
  expect((await session.getData("/busy")).data).toBe(String(count - 1));
  await session.close();
});
