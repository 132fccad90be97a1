/** Callers that go away while their request waits: nobody keeps a place for them. */
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";

let server: EdgekeeperServer;
let base: string;

beforeAll(async () => {
  server = await startEdgekeeper();
  base = `http://${server.host}:${server.httpPort}/v1/callers`;
});

afterAll(async () => server.stop());

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${base}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function waiters(): Promise<number> {
  const response = await fetch(`${base}/locks/l`);
  const { waiters: list } = (await response.json()) as { waiters: unknown[] };
  return list.length;
}

/** Looks again until it is so. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo()));
}

it("leave the line of a lock when they are gone", async () => {
  const held = await post("/locks/l", { ttlMs: 60_000 });
  expect(held.status).toBe(200);
  const waiting = beginPost("/locks/l", { ttlMs: 60_000, waitMs: 60_000 });
  await until(async () => (await waiters()) === 1);
  // A reset: of a connection that is only closed, workerd hears when it writes to it.
  waiting.resetAndDestroy();
  await until(async () => (await waiters()) === 0);
}, 30_000);

/** Sends a request whose answer nobody will see. */
function beginPost(path: string, body: unknown): Socket {
  const socket = connect(server.httpPort, server.host);
  const text = JSON.stringify(body);
  socket.write(
    `POST /v1/callers${path} HTTP/1.1\r\nHost: ${server.host}\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  return socket;
}
