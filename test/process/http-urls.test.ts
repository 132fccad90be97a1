/** URLs as they stand in a request, which no client library would send like this. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { jsonIn } from "../fuzz/http/checks.ts";
import { Sender } from "../fuzz/http/sender.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";

let server: EdgekeeperServer;
let sender: Sender;

beforeAll(async () => {
  server = await startEdgekeeper();
  sender = new Sender(server.host, server.httpPort);
});

afterAll(async () => {
  sender[Symbol.dispose]();
  await server.stop();
});

async function ask(method: string, target: string): Promise<{ status: number; json: unknown }> {
  const answer = await sender.send({ method, target, headers: {}, body: undefined });
  return { status: answer.status, json: answer.body.length > 0 ? jsonIn(answer) : undefined };
}

it.each([
  "/v1/urls/znodes/a/../b",
  "/v1/urls/znodes/../b",
  "/v1/urls/znodes/../../other/znodes/b",
  "/v1/urls/znodes/%2e%2e/b",
  "/v1/urls/znodes/%2E./b",
  "/v1/urls/znodes/./b",
  "/v1/urls/znodes//b",
  "/v1/urls/znodes/a//b",
  "/v1/urls/znodes/a/",
  "/v1/urls/znodes/a%2Fb",
  "/v1/urls/znodes/a%2fb",
  "/v1/urls/znodes/%00",
  "/v1/urls/znodes/a%0Ab",
  "/v1/urls/znodes/%7f",
  "/v1/urls/znodes/%ff",
  "/v1/urls/znodes/%C0%AF",
  "/v1/urls/znodes/%ED%A0%80",
  "/v1/urls/znodes/%EF%BF%BF",
  "/v1/urls/znodes/a%",
  "/v1/urls/znodes/a%2",
  "/v1/urls/znodes/a%0D%0Ab",
])("%s is refused", async (target) => {
  for (const method of ["GET", "PUT", "DELETE"]) {
    const { status, json } = await ask(method, target);
    expect(status, method).toBe(400);
    expect(json).toMatchObject({ name: "invalidCall", errors: [{ in: "path" }] });
  }
});

it.each([
  ["/v1/urls/znodes/plain", "/plain"],
  ["/v1/urls/znodes/%70lain2", "/plain2"],
  ["/v1/urls/znodes/a%20b", "/a b"],
  ["/v1/urls/znodes/a+b", "/a+b"],
  ["/v1/urls/znodes/a%2520b", "/a%20b"], // Decoded once.
  ["/v1/urls/znodes/a%253Fb", "/a%3Fb"],
  ["/v1/urls/znodes/a%3Fb%23c", "/a?b#c"],
  ["/v1/urls/znodes/%C3%A9%E2%98%83", "/é☃"],
  ["/v1/urls/znodes/...", "/..."],
  ["/v1/urls/znodes/a;b=1", "/a;b=1"],
  ["/v1/urls/znodes/a%5Cb", "/a\\b"],
  ["/v1/urls/znodes/a%E2%80%A8b", "/a\u2028b"], // Ends a line, for a regular expression.
  ["/v1/%75rls/znodes/elsewhere", "/elsewhere"],
])("%s is the znode %s", async (target, path) => {
  const { status, json } = await ask("PUT", target);
  expect(status).toBe(201);
  expect(json).toMatchObject({ path });
  expect((await ask("GET", target)).status).toBe(200);
  expect((await ask("DELETE", target)).status).toBe(204);
});

it.each([
  "//v1/urls/znodes/a",
  "/v1//urls/znodes/a",
  "/v1/urls//znodes/a",
  "/v1/urls",
  "/v1/urls/",
  "/v1",
  "/V1/urls/znodes/a",
  "/v1/urls/ZNODES/a",
  "/v1/urls/znodes%2Fa",
  "/v1/urls/zno%64es/a",
])("%s is nowhere", async (target) => {
  expect((await ask("GET", target)).status).toBe(404);
});
