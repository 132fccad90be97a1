/** The lock, on a server inside the process whose time stands still unless a test says otherwise. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OperationTimeoutError,
  RequestAbortedError,
  SessionExpiredError,
  TransactionError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { type Held, Lock, NotHeldError } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { pending, type Pending, settle as settled } from "./support/pending.ts";

const PATH = "/locks/a";

let server: TestServer<ManualClock>;
let a: ZooKeeper;
let b: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  a = await server.connect({ sessionTimeoutMs: 10_000 });
  b = await server.connect({ sessionTimeoutMs: 10_000 });
});
afterEach(async () => server.close());

const settle = (): Promise<void> => settled(server);
const waiting = (acquiring: Promise<Held>): Promise<Pending<Held>> => pending(server, acquiring);

function contenders(): string[] {
  return server.paths(PATH).slice(1);
}

describe("a lock", () => {
  it("is held by one at a time, in the order of asking", async () => {
    const first = await new Lock(a, PATH).acquire();
    const second = await waiting(new Lock(b, PATH).acquire());
    const third = await waiting(new Lock(a, PATH).acquire());
    await first.release();
    await settle();
    expect(second.value?.signal.aborted).toBe(false);
    expect(third).toEqual({});
    await second.value?.release();
    await settle();
    expect(third.value?.token).toBeGreaterThan(second.value?.token ?? Infinity);
    await third.value?.release();
    expect(contenders()).toEqual([]);
  });

  it("is acquired in one round trip, and released in one", async () => {
    const lock = new Lock(a, PATH);
    await (await lock.acquire()).release();
    const { requests } = server.counters;
    const held = await lock.acquire();
    expect(server.counters.requests - requests).toBe(2); // The creation and the listing, in one message.
    await held.release();
    expect(server.counters.requests - requests).toBe(3);
  });

  it("wakes one waiter when it is released", async () => {
    const held = await new Lock(a, PATH).acquire();
    const others: ZooKeeper[] = [];
    for (let index = 0; index < 8; index++) others.push(await server.connect());
    const results = await Promise.all(others.map((zk) => waiting(new Lock(zk, PATH).acquire())));
    const { events, requests } = server.counters;
    await held.release();
    await settle();
    expect(results.filter((result) => result.value !== undefined)).toHaveLength(1);
    // One event, and besides the deletion the winner's listing.
    expect(server.counters).toEqual({ events: events + 1, requests: requests + 2 });
  });

  it("wakes nobody but the next one when a waiter leaves", async () => {
    await new Lock(a, PATH).acquire();
    const leaving = new AbortController();
    const left = new Lock(b, PATH).acquire({ signal: leaving.signal });
    const last = await waiting(new Lock(a, PATH).acquire());
    leaving.abort();
    await expect(left).rejects.toThrow(RequestAbortedError);
    await settle();
    expect(last).toEqual({});
    expect(contenders()).toHaveLength(2);
  });

  it("tells those who wait how many are ahead", async () => {
    const held = await new Lock(a, PATH).acquire();
    const seen: number[] = [];
    const next = await waiting(new Lock(b, PATH).acquire());
    await waiting(new Lock(b, PATH).acquire({ onPosition: (ahead) => seen.push(ahead) }));
    await held.release();
    await settle();
    await next.value?.release();
    await settle();
    expect(seen).toEqual([2, 0]);
  });

  it("is tried without waiting", async () => {
    const held = await new Lock(a, PATH).tryAcquire();
    expect(await new Lock(b, PATH).tryAcquire()).toBeUndefined();
    await settle();
    expect(contenders()).toEqual([held?.path]);
    await held?.release();
    expect(await new Lock(b, PATH).tryAcquire()).toBeDefined();
  });

  it("makes its path of containers, which go when nobody is there", async () => {
    await (await new Lock(a, "/locks/x/y").acquire()).release();
    await server.clock.advance(180_000);
    expect(server.paths()).toEqual([]);
    // Not being there is no reason to fail.
    await (await new Lock(a, "/locks/x/y").acquire()).release();
  });

  it("may stand directly below a chroot's root", async () => {
    await using held = await new Lock(a, "/").acquire();
    expect(held.path).toMatch(/^\/_c_[-0-9a-f]{36}-lock-\d{10}$/);
  });

  it("is released by leaving the block, and by run whatever happens", async () => {
    {
      await using held = await new Lock(a, PATH).acquire();
      expect(contenders()).toEqual([held.path]);
    }
    expect(contenders()).toEqual([]);
    expect(await new Lock(a, PATH).run(({ path }) => path)).toContain(PATH);
    const failing = new Lock(a, PATH).run(() => Promise.reject(new Error("mine")));
    await expect(failing).rejects.toThrow("mine");
    expect(contenders()).toEqual([]);
  });

  it("goes on behind a predecessor that was gone before it could be watched", async () => {
    const held = await new Lock(a, PATH).acquire();
    const acquiring = new Lock(b, PATH).acquire();
    await held.release();
    expect((await acquiring).signal.aborted).toBe(false);
  });

  it("may be shared with some, whatever flags their pattern has", async () => {
    const shared = { nodeName: "guest-", sharedWith: /guest-/g };
    for (let guests = 0; guests < 4; guests++) {
      expect(await new Lock(a, PATH, shared).tryAcquire()).toBeDefined();
    }
    expect(await new Lock(b, PATH).tryAcquire()).toBeUndefined();
  });

  it("counts on past the largest number", async () => {
    await a.ensurePath(PATH);
    for (const name of ["x-lock-2147483647", "x-lock--2147483648", "x-lock--999999999"]) {
      await a.create(`${PATH}/${name}`);
    }
    expect(await new Lock(a, PATH).contenders()).toEqual([
      `${PATH}/x-lock-2147483647`,
      `${PATH}/x-lock--2147483648`,
      `${PATH}/x-lock--999999999`,
    ]);
    expect(await new Lock(a, "/none").contenders()).toEqual([]);
  });
});

describe("giving up", () => {
  it("ends the wait after timeoutMs, and removes the znode", async () => {
    const held = await new Lock(a, PATH).acquire();
    const late = await waiting(new Lock(b, PATH).acquire({ timeoutMs: 1_000 }));
    await server.clock.advance(1_000);
    expect(late.error).toBeInstanceOf(OperationTimeoutError);
    await settle();
    expect(contenders()).toEqual([held.path]);
  });

  it("leaves one watch behind, however often it is begun again", async () => {
    const held = await new Lock(a, PATH).acquire();
    const watched: string[] = [];
    const getData = b.getData.bind(b);
    b.getData = async (path, options) => {
      watched.push(path);
      return await getData(path, options);
    };
    for (let attempts = 0; attempts < 5; attempts++) {
      const late = await waiting(new Lock(b, PATH).acquire({ timeoutMs: 10 }));
      await server.clock.advance(10);
      expect(late.error).toBeInstanceOf(OperationTimeoutError);
    }
    expect(watched).toEqual([held.path]);
    const next = await waiting(new Lock(b, PATH).acquire());
    await held.release();
    await settle();
    expect(next.value).toBeDefined();
    expect(watched).toEqual([held.path]);
  });

  it("ends the wait for a session the same way", async () => {
    server.stop();
    await server.clock.advance(20_000);
    expect(a.state).toBe("lost");
    const late = await waiting(new Lock(a, PATH).acquire({ timeoutMs: 1_000 }));
    await server.clock.advance(1_000);
    expect(late.error).toBeInstanceOf(OperationTimeoutError);
  });

  it("does nothing when the signal is aborted before", async () => {
    const signal = AbortSignal.abort();
    await expect(new Lock(a, PATH).acquire({ signal })).rejects.toThrow(RequestAbortedError);
    expect(server.paths()).toEqual([]);
  });

  for (const requests of ["dropped", "applied"] as const) {
    it(`leaves nothing behind when the reply was lost (${requests})`, async () => {
      const held = await new Lock(a, PATH).acquire();
      const lost = server.loseConnection(b, { operation: "create", requests });
      const controller = new AbortController();
      const acquiring = new Lock(b, PATH).acquire({ signal: controller.signal });
      await lost;
      controller.abort();
      await expect(acquiring).rejects.toMatchObject({ name: "AbortError" });
      await server.clock.advance(5_000);
      expect(b.state).toBe("connected");
      expect(contenders()).toEqual([held.path]);
    });

    it(`is not undone by another loss while leaving (${requests})`, async () => {
      const held = await new Lock(a, PATH).acquire();
      const controller = new AbortController();
      await waiting(new Lock(b, PATH).acquire({ signal: controller.signal }));
      void server.loseConnection(b, { operation: "delete", requests });
      controller.abort();
      await server.clock.advance(5_000);
      expect(contenders()).toEqual([held.path]);
    });
  }
});

describe("lost connections and sessions", () => {
  it("creates one znode when the reply was lost", async () => {
    void server.loseConnection(a, { operation: "create", requests: "applied" });
    const acquiring = new Lock(a, PATH).acquire();
    await server.clock.advance(1_000);
    expect(contenders()).toEqual([(await acquiring).path]);
  });

  it("is not acquired with the znode of a session that is over", async () => {
    // CURATOR-604: the reply is lost with the session, and the znode of the old one is still there in the next.
    const held = await new Lock(a, PATH).acquire();
    const second = await waiting(new Lock(b, PATH).acquire());
    const [, orphan] = contenders();
    server.pause(b);
    await held.release();
    // The client gives its session up by its own clock; the server was stalled and still has the znode.
    server.stop();
    await server.clock.advance(10_000);
    expect(b.state).toBe("lost");
    server.start();
    server.resume(b);
    expect(contenders()).toContain(orphan);
    await server.clock.advance(1_000);
    expect(second.value?.path).not.toBe(orphan);
    expect(contenders()).toEqual([second.value?.path]);
    const { ephemeralOwner } = (await b.exists(second.value?.path ?? "")) ?? {};
    expect(ephemeralOwner).toBe(b.session?.id);
  });

  it("aborts the signal when the session is lost, before anybody else gets it", async () => {
    const held = await new Lock(a, PATH).acquire();
    const log: string[] = [];
    held.signal.addEventListener("abort", () => log.push("aborted"));
    await waiting(new Lock(b, PATH).acquire({ onPosition: (ahead) => log.push(`${ahead} ahead`) }));
    server.pause(a);
    await server.clock.advance(20_000);
    expect(log).toEqual(["1 ahead", "aborted", "0 ahead"]);
    expect(held.signal.reason).toBeInstanceOf(SessionExpiredError);
    server.resume(a);
    await held.release();
  });

  it("tells whoever asks for the signal afterwards how it ended", async () => {
    const lock = new Lock(a, PATH);
    const released = await lock.acquire();
    await released.release();
    const lost = await lock.acquire();
    server.expireSession(a);
    await server.clock.advance(1_000);
    expect(released.signal.reason).toBeInstanceOf(NotHeldError);
    expect(lost.signal.reason).toBeInstanceOf(SessionExpiredError);
  });

  it("keeps the lock through a lost connection", async () => {
    const held = await new Lock(a, PATH).acquire();
    await server.loseConnection(a);
    await server.clock.advance(1_000);
    expect(held.signal.aborted).toBe(false);
    await a.transaction().add(held.check()).commit();
  });

  it("aborts when suspended if it is wished", async () => {
    const held = await new Lock(a, PATH, { abortWhenSuspended: true }).acquire();
    await server.loseConnection(a);
    expect(held.signal.aborted).toBe(true);
    const releasing = held.release();
    await server.clock.advance(1_000);
    await releasing;
    expect(contenders()).toEqual([]);
  });

  it("lets nobody write who has lost it", async () => {
    await a.create("/resource");
    const held = await new Lock(a, PATH).acquire();
    await b.transaction().add(held.check()).setData("/resource", "1").commit();
    server.expireSession(a);
    const writing = b.transaction().add(held.check()).setData("/resource", "2").commit();
    await expect(writing).rejects.toThrow(TransactionError);
  });

  it("makes run fail when it is lost meanwhile", async () => {
    const running = new Lock(a, PATH).run(async ({ signal }) => {
      server.expireSession(a);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    });
    const failed = expect(running).rejects.toThrow(SessionExpiredError);
    await server.clock.advance(1_000);
    await failed;
  });

  it("joins again, at the end, when the session was lost while it waited", async () => {
    const held = await new Lock(a, PATH).acquire();
    const moved = await waiting(new Lock(b, PATH).acquire());
    const next = await waiting(new Lock(a, PATH).acquire());
    server.expireSession(b);
    await server.clock.advance(1_000);
    expect(contenders()).toHaveLength(3);
    await held.release();
    await settle();
    expect(next.value).toBeDefined();
    expect(moved).toEqual({});
  });

  it("joins again when somebody has deleted its znode", async () => {
    const held = await new Lock(a, PATH).acquire();
    const second = await waiting(new Lock(b, PATH).acquire());
    await a.delete(contenders().find((path) => path !== held.path) ?? "");
    await held.release();
    await settle();
    expect(second.value?.path).toBe(contenders()[0]);
  });

  it("rejects when the client is closed", async () => {
    await new Lock(a, PATH).acquire();
    const closed = expect(new Lock(b, PATH).acquire()).rejects.toThrow("closed");
    await settle();
    await b.close();
    await closed;
  });
});

describe("a re-entrant lock", () => {
  it("is held until the last handle is released", async () => {
    const lock = new Lock(a, PATH, { reentrant: true });
    const [outer, inner] = await Promise.all([lock.acquire(), lock.acquire()]);
    const again = await lock.tryAcquire();
    expect([inner.path, again?.path]).toEqual([outer.path, outer.path]);
    const other = await waiting(new Lock(b, PATH).acquire());
    await outer.release();
    await outer.release();
    await inner.release();
    await settle();
    expect(other).toEqual({});
    expect(again?.signal.aborted).toBe(false);
    await again?.release();
    await settle();
    expect(other.value).toBeDefined();
    expect(inner.signal.aborted).toBe(true);
  });

  it("is acquired anew after it was lost, whoever still has handles on what was", async () => {
    const lock = new Lock(a, PATH, { reentrant: true });
    const lost = await lock.acquire();
    server.expireSession(a);
    await server.clock.advance(1_000);
    expect(lost.signal.aborted).toBe(true);
    const held = await lock.acquire();
    await lost.release();
    expect(held.signal.aborted).toBe(false);
    expect(contenders()).toEqual([held.path]);
  });

  it("is waited for by one of an owner's calls when another gives up", async () => {
    const held = await new Lock(b, PATH).acquire();
    const lock = new Lock(a, PATH, { reentrant: true });
    const leaving = lock.acquire({ timeoutMs: 100 });
    const staying = await waiting(lock.acquire());
    expect(await lock.tryAcquire()).toBeUndefined();
    const left = expect(leaving).rejects.toThrow(OperationTimeoutError);
    await server.clock.advance(100);
    await left;
    await held.release();
    await settle();
    expect(staying.value).toBeDefined();
  });
});

describe("a revocable lock", () => {
  it("asks its holder to let go", async () => {
    const asked: Held[] = [];
    const lock = new Lock(a, PATH, { id: "me", onRevoke: (held) => asked.push(held) });
    const held = await lock.acquire();
    expect(await new Lock(b, PATH).revoke()).toBe(true);
    await settle();
    expect(asked).toEqual([held]);
    expect(held.signal.aborted).toBe(false);
    await held.release();
    await settle();
    expect(asked).toHaveLength(1);
    expect(await new Lock(b, PATH).revoke()).toBe(false);
  });

  it("still makes the next one wait, who is not told", async () => {
    const held = await new Lock(a, PATH).acquire();
    const next = await waiting(new Lock(b, PATH).acquire());
    await new Lock(b, PATH).revoke();
    await settle();
    expect(next).toEqual({});
    await held.release();
    await settle();
    expect(next.value).toBeDefined();
  });

  it("tells its holder when somebody deletes the znode", async () => {
    const held = await new Lock(a, PATH, { onRevoke: () => {} }).acquire();
    await b.delete(held.path);
    await settle();
    expect(held.signal.reason).toBeInstanceOf(NotHeldError);
  });
});
