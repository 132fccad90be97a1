/**
 * What becomes of a call when its object starts over, or cannot be reached.
 */
import { env } from "cloudflare:test";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import type { Call, Caller, CallResult } from "../../src/services/call.ts";
import { CallSender } from "../../src/worker/rpc/call-sender.ts";
import { edgekeeper, failureOf } from "./support/edgekeeper-binding.ts";
import { TestNamespace } from "./support/namespace.ts";

const DONE: CallResult<"exists"> = { ok: true, zxid: 1, value: { stat: null } };
const CONNECTION_LOSS = { name: "ConnectionLoss", code: ErrorCode.connectionLoss };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Sends calls to an object that fails as often as it is told to. */
class Broken {
  readonly asked: { readonly caller: Caller; readonly call: Call }[] = [];
  readonly sender: CallSender;

  constructor(failures: readonly object[]) {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const perform = async (caller: Caller, call: Call): Promise<CallResult> => {
      const failure = failures[this.asked.length];
      this.asked.push({ caller, call });
      if (failure !== undefined) throw Object.assign(new Error("it broke"), failure);
      return DONE;
    };
    const namespace = { getByName: () => ({ perform }) };
    this.sender = new CallSender({
      env: { ...env, SUBTREE: namespace } as unknown as Env,
      namespace: "app",
      props: undefined,
      token: undefined,
      waitUntil: () => {},
    });
  }
}

describe("a call whose object fails", () => {
  it("is asked once more when it changes nothing", async () => {
    const broken = new Broken([{}]);
    expect(await broken.sender.perform({ name: "exists", path: "/a" })).toEqual({ stat: null });
    expect(broken.asked).toHaveLength(2);
    expect(broken.asked[1]).toEqual(broken.asked[0]);
  });

  it("is asked once more when it has a key", async () => {
    const broken = new Broken([{}]);
    await broken.sender.perform({ name: "create", path: "/a" }, { idempotencyKey: "k" });
    expect(broken.asked.map(({ caller }) => caller.idempotencyKey)).toEqual(["k", "k"]);
  });

  it("is not asked again when it may have been done", async () => {
    const broken = new Broken([{}]);
    const call = broken.sender.perform({ name: "create", path: "/a" });
    expect(await failureOf(call)).toMatchObject(CONNECTION_LOSS);
    expect(broken.asked).toHaveLength(1);
  });

  it("is asked twice at most", async () => {
    const broken = new Broken([{}, {}]);
    const call = broken.sender.perform({ name: "exists", path: "/a" });
    expect(await failureOf(call)).toMatchObject(CONNECTION_LOSS);
    expect(broken.asked).toHaveLength(2);
  });

  it("is not asked again of an object that has too much to do", async () => {
    const broken = new Broken([{ overloaded: true }]);
    const call = broken.sender.perform({ name: "exists", path: "/a" });
    expect(await failureOf(call)).toMatchObject(CONNECTION_LOSS);
    expect(broken.asked).toHaveLength(1);
  });
});

describe("a write with a key", () => {
  it("is done once", async () => {
    const { name } = new TestNamespace();
    const namespace = edgekeeper().namespace(name);
    const options = { idempotencyKey: "order-1" };
    const first = await namespace.addToCounter("/orders", 1, options);
    expect(await namespace.addToCounter("/orders", 1, options)).toEqual(first);
    expect(await namespace.getCounter("/orders")).toEqual({ value: 1 });
    const other = namespace.addToCounter("/orders", 2, options);
    expect(await failureOf(other)).toMatchObject({ name: "idempotencyKeyReused" });
  });
});

describe("barriers and queues", () => {
  it("are reached as well", async () => {
    const { name } = new TestNamespace();
    const namespace = edgekeeper().namespace(name);
    expect(await namespace.raiseBarrier("/barrier")).toEqual({ raised: true });
    const opened = namespace.awaitBarrier("/barrier", { waitMs: 10_000 });
    expect(await namespace.lowerBarrier("/barrier")).toEqual({ lowered: true });
    expect(await opened).toEqual({ open: true });
    const { item } = await namespace.putItem("/mail", "to: somebody");
    const { taken } = await namespace.takeItem("/mail", { ttlMs: 10_000, waitMs: 1_000 });
    if (taken === null) throw new Error("there is no item");
    expect(taken.item).toBe(item);
    expect(new TextDecoder().decode(taken.data)).toBe("to: somebody");
    await namespace.returnItem(taken.claim);
    const again = (await namespace.takeItem("/mail", { ttlMs: 10_000 })).taken;
    await namespace.completeItem(again?.claim ?? "");
    expect(await namespace.takeItem("/mail", { ttlMs: 10_000 })).toEqual({ taken: null });
    const change = await namespace.awaitChange("/mail", { of: "data", since: 0, waitMs: 0 });
    expect(change).toMatchObject({ changed: true, exists: true });
  });
});
