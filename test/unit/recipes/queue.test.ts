/** Queues: order, delays, limits, and claims that return. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OperationTimeoutError,
  RequestAbortedError,
  SessionExpiredError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { ItemTooLargeError, QueueFullError } from "../../../src/recipes/queue-errors.ts";
import { Queue, type QueueOptions } from "../../../src/recipes/queue.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { track } from "./support/tracked.ts";

const PATH = "/queues/a";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let other: ZooKeeper;
let queue: Queue;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  [zk, other] = await Promise.all([server.connect(), server.connect()]);
  queue = open(zk);
});

afterEach(async () => server.close());

function open(client: ZooKeeper, options: QueueOptions = {}): Queue {
  return new Queue(client, PATH, { now: () => server.clock.now(), ...options });
}

/** Takes and completes items until there are none for a while. */
async function drain(from: Queue): Promise<string[]> {
  const items: string[] = [];
  for (;;) {
    const taking = track(from.take({ timeoutMs: 100 }));
    const result = taking.promise.catch(() => undefined);
    await server.clock.advance(200);
    const claim = await result;
    if (claim === undefined) return items;
    items.push(claim.text());
    await claim.complete();
  }
}

async function settle(): Promise<void> {
  await server.clock.advance(1_000);
}

describe("taking without waiting", () => {
  it("gives what nobody has claimed, and otherwise nothing", async () => {
    expect(await queue.tryTake()).toBeUndefined();
    // A queue that is only looked at is not made.
    expect(server.paths("/")).not.toContain("/queues");
    const path = await queue.put("x");
    const claim = await queue.tryTake();
    expect([claim?.text(), claim?.path]).toEqual(["x", path]);
    expect(await queue.tryTake()).toBeUndefined();
    expect(await open(other).tryTake()).toBeUndefined();
    await claim?.release();
    expect((await open(other).tryTake())?.text()).toBe("x");
  });

  it("gives a delayed item once it is due", async () => {
    const path = await queue.put("x", { delayMs: 1_000 });
    expect(path).toContain("/delayed/");
    expect(await queue.tryTake()).toBeUndefined();
    await settle();
    expect((await queue.tryTake())?.text()).toBe("x");
  });
});

describe("the order", () => {
  it("is that of priority, then of arrival", async () => {
    for (const item of ["c", "d"]) await queue.put(item);
    await queue.put("e", { priority: 999 });
    for (const item of ["a", "b"]) await queue.put(item, { priority: 0 });
    expect(await drain(open(other))).toEqual(["a", "b", "c", "d", "e"]);
    expect(await queue.length()).toBe(0);
  });

  it("lets an urgent item past those that are listed already", async () => {
    for (const item of ["b", "c", "d"]) await queue.put(item);
    const consumer = open(other);
    const first = await consumer.take();
    await queue.put("a", { priority: 1 });
    const second = await consumer.take();
    expect([first.text(), second.text()]).toEqual(["b", "a"]);
  });

  it("lists a long queue a few times, not for each item", async () => {
    await Promise.all(Array.from({ length: 500 }, (_, index) => queue.put(`${index}`)));
    const consumer = open(other);
    const { requests } = server.counters;
    const items: string[] = [];
    while (items.length < 500) {
      const claim = await consumer.take();
      items.push(claim.text());
      await claim.complete();
    }
    expect(items).toEqual(Array.from({ length: 500 }, (_, index) => `${index}`));
    // Two to claim, one to complete, and what the listings cost.
    expect(server.counters.requests - requests).toBeLessThan(500 * 3.5);
  });
});

describe("a delay", () => {
  it("keeps an item back until its time has come", async () => {
    await queue.put("later", { delayMs: 60_000 });
    await queue.put("soon", { delayMs: 30_000, priority: 5 });
    await queue.put("now");
    const consumer = open(other);
    expect(await drain(consumer)).toEqual(["now"]);
    expect(await queue.length()).toBe(2);
    const taking = track(consumer.take());
    await server.clock.advance(25_000);
    expect(taking.isSettled).toBe(false);
    await server.clock.advance(5_000);
    const claim = await taking.promise;
    expect([claim.text(), claim.priority]).toEqual(["soon", 5]);
    await claim.complete();
    await server.clock.advance(60_000);
    expect(await drain(consumer)).toEqual(["later"]);
    expect(await queue.length()).toBe(0);
  });

  it("ends once, however many wait for it", async () => {
    for (let item = 0; item < 20; item++) await queue.put(`${item}`, { delayMs: 1_000 });
    const consumers = [queue, open(other), open(zk)];
    const taking = consumers.map((consumer) => track(consumer.take()));
    await server.clock.advance(2_000);
    const claims = await Promise.all(taking.map(({ promise }) => promise));
    await Promise.all(claims.map((claim) => claim.complete()));
    const rest = await drain(queue);
    expect([...claims.map((claim) => claim.text()), ...rest].toSorted()).toEqual(
      Array.from({ length: 20 }, (_, item) => `${item}`).toSorted(),
    );
  });

  it.each(["dropped", "applied"] as const)(
    "ends although the reply to what was %s is lost",
    async (requests) => {
      await queue.put("item", { delayMs: 1_500 });
      const taking = track(queue.take());
      await settle();
      void server.loseConnection(zk, { operation: "transaction", requests });
      await settle();
      expect((await taking.promise).text()).toBe("item");
    },
  );
});

describe("a claim", () => {
  it("keeps the item from others, and returns when its consumer dies", async () => {
    await queue.put("item");
    const claim = await queue.take();
    const taking = track(open(other).take());
    await settle();
    expect(taking.isSettled).toBe(false);
    server.expireSession(zk);
    await settle();
    const again = await taking.promise;
    expect(again.text()).toBe("item");
    expect(again.token).toBeGreaterThan(claim.token);
    expect(claim.signal.aborted).toBe(true);
    await expect(claim.complete()).rejects.toThrow(SessionExpiredError);
    await claim.release();
    await again.complete();
    expect(await queue.length()).toBe(0);
  });

  it("is given back at the end of an await using block", async () => {
    await queue.put("item");
    {
      await using claim = await queue.take();
      expect(claim.text()).toBe("item");
    }
    const claim = await open(other).take();
    await claim.complete();
    await claim.release();
    expect(server.paths(`${PATH}/taken`)).toEqual([`${PATH}/taken`]);
  });

  it("is not completed after it was released", async () => {
    await queue.put("item");
    const claim = await queue.take();
    await claim.release();
    await expect(claim.complete()).rejects.toThrow("the claim is over");
    expect(await queue.length()).toBe(1);
  });

  it("guards a transaction", async () => {
    await queue.put("item");
    const claim = await queue.take();
    await zk.transaction().add(claim.check()).create("/done").commit({ session: claim.session });
    await claim.release();
    const late = zk.transaction().add(claim.check()).create("/done-again");
    await expect(late.commit()).rejects.toThrow("no such znode");
  });

  it.each(["dropped", "applied"] as const)(
    "is taken and completed once although replies to what was %s are lost",
    async (requests) => {
      await queue.put("item");
      await queue.put("next");
      void server.loseConnection(zk, { operation: "transaction", requests });
      const taking = track(queue.take());
      await settle();
      const claim = await taking.promise;
      expect(claim.text()).toBe("item");
      expect(server.paths(`${PATH}/taken`)).toHaveLength(2);
      void server.loseConnection(zk, { operation: "transaction", requests });
      const completing = track(claim.complete());
      await settle();
      await completing.promise;
      expect(server.paths(`${PATH}/taken`)).toHaveLength(1);
      expect(await drain(open(other))).toEqual(["next"]);
    },
  );

  it.each(["dropped", "applied"] as const)(
    "that is released does not take the next one along when the reply to what was %s is lost",
    async (requests) => {
      await queue.put("item");
      const claim = await queue.take();
      const taking = track(open(other).take());
      await settle();
      void server.loseConnection(zk, { operation: "delete", requests });
      const releasing = track(claim.release());
      await settle();
      await releasing.promise;
      const next = await taking.promise;
      expect(server.paths(`${PATH}/taken`)).toHaveLength(2);
      await next.complete();
      expect(await queue.length()).toBe(0);
    },
  );

  it("is that of one consumer, also when two of a session lose their replies", async () => {
    await queue.put("item");
    void server.loseConnection(zk, { operation: "transaction", requests: "applied" });
    const taking = [track(queue.take()), track(open(zk).take())];
    await settle();
    expect(taking.filter(({ isSettled }) => isSettled)).toHaveLength(1);
  });

  it("that comes when nobody waits any longer is given back", async () => {
    for (let item = 0; item < 20; item++) await queue.put(`${item}`);
    const claim = await queue.take();
    server.pause(zk);
    const controller = new AbortController();
    // What was listed for the first one serves the second: it is claimed at once.
    const taking = expect(queue.take({ signal: controller.signal })).rejects.toThrow(
      RequestAbortedError,
    );
    await server.clock.advance(0);
    controller.abort();
    await taking;
    server.resume(zk);
    await settle();
    expect(claim.text()).toBe("0");
    expect(server.paths(`${PATH}/taken`)).toHaveLength(2);
    expect((await open(other).take()).text()).toBe("1");
  });

  it("is made again where somebody has removed the folder of the claims", async () => {
    for (let item = 0; item < 20; item++) await queue.put(`${item}`);
    await (await queue.take()).complete();
    await other.delete(`${PATH}/taken`);
    const taking = track(queue.take());
    await settle();
    await (await taking.promise).complete();
    expect(await drain(queue)).toHaveLength(18);
  });
});

describe("waiting", () => {
  it("ends with the next item, in the next session as well", async () => {
    const taking = track(queue.take());
    await settle();
    server.expireSession(zk);
    await settle();
    expect(taking.isSettled).toBe(false);
    await open(other).put("item");
    await settle();
    expect((await taking.promise).text()).toBe("item");
  });

  it("ends after a time", async () => {
    const taking = expect(queue.take({ timeoutMs: 100 })).rejects.toThrow(OperationTimeoutError);
    await settle();
    await taking;
  });

  it("survives that the empty queue is removed by the server", async () => {
    await queue.put("item");
    await drain(queue);
    const taking = track(queue.take());
    await server.clock.advance(180_000);
    await open(other).put("item");
    await settle();
    expect((await taking.promise).text()).toBe("item");
  });
});

describe("a limit", () => {
  it("on the length is exact, also for those who put at the same time", async () => {
    const queues = [zk, zk, other].map((client) => open(client, { lengthMax: 5 }));
    const puts = queues.flatMap((each) => [1, 2, 3, 4].map((item) => each.put(`${item}`)));
    const results = await Promise.allSettled(puts);
    const reasons = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason] : [],
    );
    expect(reasons).toHaveLength(7);
    for (const reason of reasons) expect(reason).toBeInstanceOf(QueueFullError);
    expect(await queue.length()).toBe(5);
    await (await queue.take()).complete();
    await queues[0]?.put("one more", { delayMs: 1_000 });
    await expect(queues[0]?.put("too much")).rejects.toThrow(QueueFullError);
  });

  it("on the size is told from other errors", async () => {
    const put = queue.put(new Uint8Array(1_000_001));
    await expect(put).rejects.toThrow(ItemTooLargeError);
    await expect(open(zk, { itemBytesMax: 3 }).put("ééé")).rejects.toThrow(ItemTooLargeError);
    const tooMuch = open(zk, { itemBytesMax: 10_000_000 }).put(new Uint8Array(2_000_000));
    await expect(tooMuch).rejects.toThrow(ItemTooLargeError);
    expect(zk.state).toBe("connected");
  });

  it("that is none is refused", async () => {
    expect(() => open(zk, { lengthMax: 0 })).toThrow(RangeError);
    await expect(queue.put("item", { priority: 1_000 })).rejects.toThrow(RangeError);
    await expect(queue.put("item", { delayMs: -1 })).rejects.toThrow(RangeError);
  });
});

/** Opens so many that wait, each with a client of its own. */
async function startWaiting(count: number) {
  const clients = await Promise.all(Array.from({ length: count }, () => server.connect()));
  const taking = clients.map((client) => track(open(client).take()));
  await settle();
  return { clients, taking };
}

/** Events and requests that one item costs, from its arrival to when all is still again. */
async function costOfOneItem(count: number): Promise<readonly [events: number, requests: number]> {
  const { taking } = await startWaiting(count);
  const before = server.counters;
  await queue.put("item");
  await settle();
  const { events, requests } = server.counters;
  expect(taking.filter(({ isSettled }) => isSettled)).toHaveLength(1);
  await server.close();
  return [events - before.events, requests - before.requests];
}

describe("consumers that wait", () => {
  it("are woken a few at a time, however many there are", async () => {
    const few = await costOfOneItem(4);
    server = new TestServer({ clock: new ManualClock() });
    queue = open(await server.connect());
    expect(await costOfOneItem(40)).toEqual(few);
    // Two look out for the item, its claim and the claimant's leaving; one follows.
    expect(few[0]).toBeLessThanOrEqual(8);
  });

  it("all get one, when there are enough", async () => {
    const { taking } = await startWaiting(12);
    await Promise.all(taking.map((_, index) => queue.put(`${index}`)));
    await settle();
    const claims = await Promise.all(taking.map(({ promise }) => promise));
    expect(new Set(claims.map((claim) => claim.text())).size).toBe(12);
    expect(server.paths(`${PATH}/waiting`)).toEqual([`${PATH}/waiting`]);
  });

  it.each([0, 1])("get an item although lookout %i cannot be reached", async (lookout) => {
    const { clients, taking } = await startWaiting(3);
    server.pause(clients[lookout]);
    await queue.put("item");
    await settle();
    expect(taking.map(({ isSettled }) => isSettled)).toContain(true);
    expect(taking[lookout]?.isSettled).toBe(false);
    server.resume(clients[lookout]);
    await settle();
  });

  it("get an item when those have died who looked out for it", async () => {
    const { clients, taking } = await startWaiting(3);
    for (const client of clients.slice(0, 2)) server.pause(client);
    await queue.put("item");
    await settle();
    expect(taking.map(({ isSettled }) => isSettled)).toEqual([false, false, false]);
    // Longer than a session lasts.
    await server.clock.advance(60_000);
    expect(taking[2]?.isSettled).toBe(true);
  });

  it("leave the line when they give up", async () => {
    const giveUp = new AbortController();
    const taking = track(open(other).take({ signal: giveUp.signal }));
    const next = track(open(zk).take({ signal: giveUp.signal }));
    await settle();
    expect(server.paths(`${PATH}/waiting`)).toHaveLength(3);
    giveUp.abort();
    await expect(taking.promise).rejects.toThrow(RequestAbortedError);
    await expect(next.promise).rejects.toThrow(RequestAbortedError);
    await settle();
    expect(server.paths(`${PATH}/waiting`)).toEqual([`${PATH}/waiting`]);
  });
});
