/** Barriers: who waits, what lets them go on, and what does not. */
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  OperationTimeoutError,
  RequestAbortedError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { Barrier } from "../../../src/recipes/barrier.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld, patiently } from "./support/faults.ts";

const PATH = "/barriers/a";

let server: TestServer<ManualClock>;
let keeper: ZooKeeper;
let waiter: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  [keeper, waiter] = await Promise.all([server.connect(), server.connect()]);
});

afterEach(async () => server.close());

/** Begins to wait, and returns what tells whether the wait is over. */
async function startWaiting(): Promise<{ isOver: boolean; readonly wait: Promise<void> }> {
  const wait = new Barrier(waiter, PATH).wait();
  const waiting = { isOver: false, wait };
  void wait.then(() => (waiting.isOver = true));
  await settle();
  return waiting;
}

/** Until all has happened that needs no time. */
async function settle(): Promise<void> {
  await server.clock.advance(1_000);
}

it("holds until it is removed", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  const waiting = await startWaiting();
  expect(waiting.isOver).toBe(false);
  await barrier.remove();
  await waiting.wait;
});

it("does not hold when it is not there", async () => {
  await new Barrier(waiter, PATH).wait();
});

it("may be created and removed again", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  await barrier.create();
  await barrier.remove();
  await barrier.remove();
  expect(server.paths("/barriers")).toEqual(["/barriers"]);
});

it("is left behind by nobody: what is above it goes when it is empty", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  await barrier.remove();
  await server.clock.advance(120_000);
  expect(server.paths()).toEqual([]);
  await barrier.create();
  expect(server.paths()).toEqual(["/barriers", PATH]);
});

// CURATOR: a waiter that is woken by anything went on.
it("is not passed because of a change of its data, a lost connection or a lost session", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  const waiting = await startWaiting();
  await keeper.setData(PATH, "still here");
  await settle();
  expect(waiting.isOver).toBe(false);
  await server.loseConnection(waiter);
  await settle();
  expect(waiting.isOver).toBe(false);
  server.expireSession(waiter);
  await settle();
  expect(waiting.isOver).toBe(false);
  await barrier.remove();
  await waiting.wait;
});

it("lets those go on who waited at it, even if it is up again before they look", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  const waiting = await startWaiting();
  await Promise.all([barrier.remove(), barrier.create()]);
  await waiting.wait;
  const next = await startWaiting();
  expect(next.isOver).toBe(false);
  await barrier.remove();
  await next.wait;
});

it("is seen to be gone by who was away when it went", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  const waiting = await startWaiting();
  server.pause(waiter);
  await server.loseConnection(waiter);
  await barrier.remove();
  await settle();
  expect(waiting.isOver).toBe(false);
  server.resume(waiter);
  await settle();
  await waiting.wait;
});

it("lets those pass who were away when it went, although the next one is up", async () => {
  const barrier = new Barrier(keeper, PATH);
  await barrier.create();
  const waiting = await startWaiting();
  server.pause(waiter);
  await barrier.remove();
  await barrier.create();
  // What a server tells who comes back is that something has changed.
  await server.loseConnection(waiter);
  server.resume(waiter);
  await settle();
  expect(waiting.isOver).toBe(true);
  await waiting.wait;
});

it("is removed once, whatever happens to the reply", async () => {
  const barrier = new Barrier(keeper, PATH);
  for (const requests of ["applied", "dropped"] as const) {
    void server.loseConnection(keeper, { operation: "create", requests });
    const created = barrier.create();
    await settle();
    await created;
    void server.loseConnection(keeper, { operation: "delete", requests });
    const removed = barrier.remove();
    await settle();
    await removed;
    expect(server.paths(PATH)).toEqual([]);
  }
});

it("gives up when it is told to, or after a time", async () => {
  await new Barrier(keeper, PATH).create();
  const barrier = new Barrier(waiter, PATH);
  const timedOut = expect(barrier.wait({ timeoutMs: 500 })).rejects.toThrow(OperationTimeoutError);
  await settle();
  await timedOut;

  const controller = new AbortController();
  const aborted = expect(barrier.wait({ signal: controller.signal })).rejects.toThrow(
    RequestAbortedError,
  );
  await settle();
  controller.abort();
  await aborted;
  await expect(barrier.wait({ signal: controller.signal })).rejects.toThrow(RequestAbortedError);
});

it.each(seeds)("lets nobody through early, and everybody in the end (seed %i)", async (seed) => {
  const world = await openFaultyWorld(seed, 8, { expiryProbability: 0.3 });
  const barriers = world.clients.map((zk) => new Barrier(zk, PATH));
  const [first] = barriers;
  for (let round = 0; round < 5; round++) {
    await world.run(patiently(async () => first?.create()));
    let isOpening = false;
    const waits = barriers.map(async (barrier) => {
      await barrier.wait();
      return isOpening;
    });
    const pause = new Promise<void>((resolve) => {
      world.server.clock.startTimer(resolve, 3_000);
    });
    await world.run(pause);
    isOpening = true;
    await world.run(patiently(async () => first?.remove()));
    expect(await world.run(Promise.all(waits))).toEqual(barriers.map(() => true));
  }
  await world.server.close();
});
