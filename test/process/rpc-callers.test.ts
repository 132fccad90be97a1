/**
 * Callers in a Worker of their own, whose events end in every way that they can: what they hold, or wait for, ends as well.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CallErrorCode } from "../../src/services/call.ts";
import { startWorkers, type Workers } from "./support/workers.ts";

const CALLER = "test/process/worker/caller-worker.ts";
const PATIENCE = { timeout: 10_000, interval: 20 };

let workers: Workers;

beforeAll(async () => {
  workers = await startWorkers({ caller: CALLER });
});

afterAll(async () => workers[Symbol.asyncDispose]());

async function ask(question: string, path: string): Promise<Response> {
  return await workers.fetch(`/${question}?path=${path}`);
}

interface Line {
  readonly holders: readonly { readonly token: number }[];
  readonly waiters: readonly unknown[];
}

async function lineOf(path: string): Promise<Line> {
  return (await (await ask("inspect", path)).json()) as Line;
}

async function becomesFree(path: string): Promise<void> {
  await vi.waitFor(async () => {
    expect(await lineOf(path)).toEqual({ holders: [], waiters: [] });
  }, PATIENCE);
}

describe("a caller's lock", () => {
  it.each([
    ["disposes", 200],
    ["forgets", 200],
    ["throws", 500],
    ["hangs", 500],
    ["forgetsWhatRenewsItself", 200],
  ])("is released when it %s", async (ending, status) => {
    const path = `/${ending}`;
    const response = await ask(ending, path);
    expect(response.status).toBe(status);
    await response.arrayBuffer();
    // Its ttl is a minute.
    await becomesFree(path);
  });

  it("is not in line any more when its event ends while it waits", async () => {
    const kept = await ask("keeps", "/waited");
    expect(await kept.json()).toMatchObject({ acquired: true });
    expect((await ask("throwsWhileWaiting", "/waited")).status).toBe(500);
    await vi.waitFor(async () => {
      const { holders, waiters } = await lineOf("/waited");
      expect([holders.length, waiters.length]).toEqual([1, 0]);
    }, PATIENCE);
  });
});

describe("a caller's errors", () => {
  it("have code, name and path", async () => {
    const errors = await (await ask("errors", "/errors")).json();
    expect(errors).toMatchObject({
      noNode: { name: "NoNode", code: ErrorCode.noNode, path: "/missing", remote: true },
      nodeExists: { name: "NodeExists", code: ErrorCode.nodeExists, path: "/errors" },
      transaction: { name: "NoNode", code: ErrorCode.noNode, index: 1 },
      notAcquired: { name: "lockNotAcquired", ahead: 1, holders: [{ holder: null }] },
      invalid: { name: "invalidCall", code: CallErrorCode.invalidCall },
      namespace: { name: "invalidCall", code: CallErrorCode.invalidCall },
    });
  });

  it("have their name in the message, for a Worker with an old compatibility date", async () => {
    await using old = await startWorkers({ caller: CALLER, callerDate: "2026-04-01" });
    const errors = await (await old.fetch("/errors?path=/errors")).json();
    expect(errors).toMatchObject({
      noNode: { name: "Error", message: expect.stringMatching(/^NoNode: /) },
      notAcquired: { name: "Error", message: expect.stringMatching(/^lockNotAcquired: /) },
    });
    expect(errors).not.toHaveProperty("noNode.code");
  });
});
