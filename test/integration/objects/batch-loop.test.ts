/**
 * When batches run, over a queue that only counts. What they do is in the integration tests.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { BatchLoop } from "../../../src/objects/batch-loop.ts";
import type { Channel } from "../../../src/objects/channel.ts";
import type { Subtree } from "../../../src/objects/subtree.ts";

const alone = {} as Channel;
const other = {} as Channel;

let queue: Channel[];
/** Requests of each batch. */
let batches: number[];
let syncs: number;
let running: Promise<void>;
let loop: BatchLoop;

beforeEach(() => {
  queue = [];
  batches = [];
  syncs = 0;
  running = Promise.resolve();
  const counters = { batches: 0, requests: 0, alarmsSet: 0 };
  const subtree = {
    counters,
    isHolding: false,
    get queued() {
      return queue.length;
    },
    runBatch() {
      const done = queue.splice(0);
      counters.requests += done.length;
      batches.push(done.length);
      const [first, ...more] = new Set(done);
      return more.length === 0 ? first : undefined;
    },
  };
  loop = new BatchLoop({
    subtree: subtree as unknown as Subtree,
    sync: async () => {
      syncs += 1;
    },
    waitUntil: (promise) => {
      running = promise;
    },
    onBatch: () => {},
    onError: (error) => {
      throw error;
    },
  });
});

describe("a client that is alone", () => {
  it("is answered at once, from its second message on", async () => {
    await send(alone, 1);
    const before = syncs;
    arrive(alone, 1);
    expect([batches, syncs]).toEqual([[1, 1], before]);
    expect(before).toBeGreaterThan(0);
  });

  it("may send a few requests at once", async () => {
    await send(alone, 2);
    const before = syncs;
    arrive(alone, 4);
    arrive(alone, 1);
    expect(batches).toEqual([2, 4, 1]);
    expect(syncs).toBe(before);
  });

  it("is waited for when it sends many", async () => {
    await send(alone, 1);
    const before = syncs;
    arrive(alone, 5);
    expect(batches).toEqual([1]);
    arrive(alone, 3);
    await running;
    expect(batches).toEqual([1, 8]);
    expect(syncs).toBeGreaterThan(before);
    // Who has sent many will send many.
    arrive(alone, 1);
    expect(batches).toEqual([1, 8]);
    await running;
  });

  it("is not alone when another was there the last time", async () => {
    arrive(alone, 1);
    arrive(other, 1);
    await running;
    expect(batches).toEqual([2]);
    arrive(alone, 1);
    expect(batches).toEqual([2]);
    await running;
  });

  it("is not another", async () => {
    await send(alone, 1);
    arrive(other, 1);
    expect(batches).toEqual([1]);
    await running;
  });
});

async function send(channel: Channel, requests: number): Promise<void> {
  arrive(channel, requests);
  await running;
}

function arrive(channel: Channel, requests: number): void {
  for (let i = 0; i < requests; i++) queue.push(channel);
  loop.schedule(channel);
}
