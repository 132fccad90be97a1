/**
 * The client and the recipes on a whole server, wherever they run: the same cases in Node, in workerd and in Chromium.
 */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { describeContract } from "./describe-contract.ts";
import { type ChromiumRuntime, startChromiumRuntime } from "./runtimes/chromium-runtime.ts";
import { startNodeRuntime } from "./runtimes/node-runtime.ts";
import { startWorkerdRuntime } from "./runtimes/workerd-runtime.ts";

let server: EdgekeeperServer;

beforeAll(async () => {
  server = await startEdgekeeper({ tickTimeMs: 1_000 });
});
afterAll(async () => {
  await server.stop();
});

describe("in Node, over a WebSocket", () => {
  describeContract(async () => {
    const { host, httpPort } = server;
    return await startNodeRuntime(host, httpPort, (port) => `ws://127.0.0.1:${port}/v1/node`);
  });
});

describe("in Node, over TCP", () => {
  describeContract(async () => {
    const { host, zkPort } = server;
    return await startNodeRuntime(host, zkPort, (port) => `zk://127.0.0.1:${port}`);
  });
});

describe("in workerd", () => {
  describeContract(async () => await startWorkerdRuntime(server.host, server.httpPort));
});

const chromium = inject("chromium");

describe.skipIf(chromium === undefined)("in Chromium", () => {
  let runtime: ChromiumRuntime;

  describeContract(async () => {
    runtime = await startChromiumRuntime(chromium ?? "", server.host, server.httpPort);
    return runtime;
  });

  test("a page of another server is not let in", async () => {
    expect(await knock(runtime.page, "location.origin")).toBe("open");
    // The same server at an address that is not the page's.
    const other = `http://${server.host}:${server.httpPort}`;
    expect(await knock(runtime.page, JSON.stringify(other))).toBe("refused");
  });
});

/** What a WebSocket from the page to that origin, an expression, comes to. */
async function knock(page: Page, origin: string): Promise<unknown> {
  return await page.evaluate(`new Promise((resolve) => {
    const socket = new WebSocket(${origin}.replace("http", "ws") + "/v1/chromium/zk");
    socket.onopen = () => resolve("open");
    socket.onerror = () => resolve("refused");
  })`);
}
