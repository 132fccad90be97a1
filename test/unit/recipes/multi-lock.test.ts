/** Several locks as one: all or none, and no two that wait for each other. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OperationTimeoutError, type ZooKeeper } from "../../../src/client/index.ts";
import { Lock, MultiLock } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { ContentionRun, seeds } from "./support/contention.ts";
import { pending, settle } from "./support/pending.ts";

let server: TestServer<ManualClock>;
let a: ZooKeeper;
let b: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  a = await server.connect();
  b = await server.connect();
});
afterEach(async () => server.close());

function both(zk: ZooKeeper, ...paths: string[]): MultiLock {
  return new MultiLock(
    zk,
    paths.map((path) => new Lock(zk, path)),
  );
}

describe("a multi-lock", () => {
  it("holds all of them, in the order in which they were given", async () => {
    const held = await both(a, "/z", "/y").acquire();
    expect(held.held.map(({ path }) => path.slice(0, 2))).toEqual(["/z", "/y"]);
    const [first, second] = held.checks();
    if (first === undefined || second === undefined) throw new Error("there are two");
    await b.transaction().add(first).add(second).commit();
    const other = await pending(server, new Lock(b, "/y").acquire());
    await held.release();
    await settle(server);
    expect(other.value).toBeDefined();
    expect(held.signal.aborted).toBe(true);
  });

  it("does not wait for another that has them in another order", async () => {
    const first = await both(a, "/x", "/y").acquire();
    const second = await pending(server, both(b, "/y", "/x").acquire());
    const third = await pending(server, both(a, "/x", "/y").acquire());
    await first.release();
    await settle(server);
    await second.value?.release();
    await settle(server);
    expect(third.value).toBeDefined();
  });

  it("holds none when one cannot be had in time", async () => {
    const blocking = await new Lock(b, "/y").acquire();
    const waiting = await pending(server, both(a, "/x", "/y").acquire({ timeoutMs: 100 }));
    await server.clock.advance(100);
    expect(waiting.error).toBeInstanceOf(OperationTimeoutError);
    await settle(server);
    expect(server.paths("/x").concat(server.paths("/y"))).toEqual(["/x", "/y", blocking.path]);
  });

  it("is lost when one of them is", async () => {
    const held = await new MultiLock(a, [new Lock(a, "/x"), new Lock(b, "/y")]).acquire();
    server.expireSession(b);
    await server.clock.advance(1_000);
    expect(held.signal.aborted).toBe(true);
    await held.release();
    expect(await new Lock(b, "/x").tryAcquire()).toBeDefined();
  });

  it("is refused when it would wait for itself", () => {
    expect(() => both(a, "/x", "/x")).toThrow(TypeError);
  });
});

describe("multi-locks that eight clients contend for", () => {
  it.each(seeds)("exclude each other, and come to an end (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    const paths = ["/a", "/b", "/c", "/d"];
    await run.play(async (worker) => {
      const { zk, random, sleep } = worker;
      const shuffled = [...paths].sort(() => random.below(2) - 0.5).slice(0, 2);
      const held = await both(zk, ...shuffled).acquire();
      for (const each of held.held) {
        run.enter(each, worker, each.path.slice(0, 2), (kind, other) => kind !== other);
      }
      await sleep(random.below(50));
      await held.release();
    });
    expect(run.problems).toEqual([]);
    expect(run.finished.every((rounds) => rounds > 0)).toBe(true);
    expect(paths.flatMap((path) => run.server.paths(path).slice(1))).toEqual([]);
    await run.server.close();
  });
});
