/** Readers together, writers alone, and the way from one to the other. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ZooKeeper } from "../../../src/client/index.ts";
import { NotHeldError, ReadWriteLock } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { ContentionRun, seeds } from "./support/contention.ts";
import { pending, settle } from "./support/pending.ts";

const PATH = "/locks/a";

let server: TestServer<ManualClock>;
let a: ZooKeeper;
let b: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  a = await server.connect();
  b = await server.connect();
});
afterEach(async () => server.close());

const areReaders = (kind: string, other: string): boolean => kind === "read" && other === "read";

describe("a read-write lock", () => {
  it("lets readers in together, and a writer when they have gone", async () => {
    const [ours, theirs] = [new ReadWriteLock(a, PATH), new ReadWriteLock(b, PATH)];
    const readers = [await ours.read.acquire(), await theirs.read.acquire()];
    const writer = await pending(server, ours.write.acquire());
    await readers[0]?.release();
    await settle(server);
    expect(writer).toEqual({});
    await readers[1]?.release();
    await settle(server);
    expect(writer.value?.signal.aborted).toBe(false);
    expect(await theirs.read.tryAcquire()).toBeUndefined();
  });

  it("does not let readers overtake a writer who waits", async () => {
    const lock = new ReadWriteLock(a, PATH);
    const reading = await lock.read.acquire();
    const writer = await pending(server, lock.write.acquire());
    const late = await pending(server, lock.read.acquire());
    await reading.release();
    await settle(server);
    expect(writer.value).toBeDefined();
    expect(late).toEqual({});
  });

  it("wakes the readers behind a writer together, and nobody else", async () => {
    const lock = new ReadWriteLock(a, PATH);
    const writing = await lock.write.acquire();
    const readers = [
      await pending(server, lock.read.acquire()),
      await pending(server, lock.read.acquire()),
    ];
    await pending(server, lock.write.acquire());
    await pending(server, lock.read.acquire());
    const { events } = server.counters;
    await writing.release();
    await settle(server);
    expect(readers.every(({ value }) => value !== undefined)).toBe(true);
    // Both readers are of one session, which has one watch.
    expect(server.counters.events - events).toBe(1);
  });

  it("becomes a read lock without a writer in between", async () => {
    const lock = new ReadWriteLock(a, PATH);
    const writing = await lock.write.acquire();
    const otherWriter = await pending(server, new ReadWriteLock(b, PATH).write.acquire());
    const reading = await lock.downgrade(writing);
    expect(writing.signal.reason).toBeInstanceOf(NotHeldError);
    expect(reading.path).toMatch(/__READ__\d{20}$/);
    expect(reading.token).toBe(writing.token);
    await settle(server);
    expect(otherWriter).toEqual({});
    await a.transaction().add(reading.check()).commit();
    await reading.release();
    await settle(server);
    expect(otherWriter.value?.token).toBeGreaterThan(reading.token);
  });

  it("lets the readers in who wait right behind a writer that becomes one", async () => {
    const lock = new ReadWriteLock(a, PATH);
    const writing = await lock.write.acquire();
    const reader = await pending(server, lock.read.acquire());
    await lock.downgrade(writing);
    await settle(server);
    expect(reader.value).toBeDefined();
  });

  it("does not become a read lock when it is not held", async () => {
    const lock = new ReadWriteLock(a, PATH);
    const writing = await lock.write.acquire();
    await writing.release();
    await expect(lock.downgrade(writing)).rejects.toThrow(NotHeldError);
    expect(server.paths(PATH)).toEqual([PATH]);
  });

  it("is re-entrant on each side when it should be", async () => {
    const lock = new ReadWriteLock(a, PATH, { reentrant: true });
    const [outer, inner] = [await lock.write.acquire(), await lock.write.acquire()];
    expect(inner.path).toBe(outer.path);
  });

  it("has kazoo's names when it should, and no way from writer to reader then", async () => {
    const lock = new ReadWriteLock(a, PATH, { format: "kazoo" });
    const reading = await lock.read.acquire();
    expect(reading.path).toMatch(/-__rlock__0000000000$/);
    await reading.release();
    const writing = await lock.write.acquire();
    expect(writing.path).toMatch(/-__lock__0000000001$/);
    await expect(lock.downgrade(writing)).rejects.toThrow(TypeError);
    expect(writing.signal.aborted).toBe(false);
  });
});

describe("a read-write lock that eight clients contend for", () => {
  it.each(seeds)("lets nobody in beside a writer (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    let together = 0;
    await run.play(async (worker) => {
      const { zk, random, sleep } = worker;
      const lock = new ReadWriteLock(zk, "/lock");
      const kind = random.below(3) === 0 ? "write" : "read";
      let held = await lock[kind].acquire();
      try {
        run.enter(held, worker, kind, areReaders);
        together = Math.max(together, run.holders);
        await sleep(random.below(100));
        if (kind === "read") return;
        // What was written is read before anybody else can write.
        held = await lock.downgrade(held);
        run.enter(held, worker, "read", areReaders);
        await sleep(random.below(100));
      } finally {
        await held.release();
      }
    });
    expect(run.problems).toEqual([]);
    expect(run.finished.every((rounds) => rounds > 0)).toBe(true);
    expect(together).toBeGreaterThan(1);
    expect(run.server.paths("/lock").slice(1)).toEqual([]);
    await run.server.close();
  });
});
