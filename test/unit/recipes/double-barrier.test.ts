/** Double barriers: begin together, end together, one round after another, whatever happens to whom. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  OperationTimeoutError,
  SessionExpiredError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import type { BarrierMember } from "../../../src/recipes/barrier-member.ts";
import { DoubleBarrier } from "../../../src/recipes/double-barrier.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { type Tracked, track } from "./support/tracked.ts";

const PATH = "/barriers/a";

let server: TestServer<ManualClock>;
let clients: ZooKeeper[];

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  clients = await Promise.all([server.connect(), server.connect(), server.connect()]);
});

afterEach(async () => server.close());

/** Until all has happened that needs no more than reconnecting. */
async function settle(): Promise<void> {
  await server.clock.advance(1_000);
}

function client(index: number): ZooKeeper {
  const zk = clients[index];
  if (zk === undefined) throw new Error(`there is no client ${index}`);
  return zk;
}

function enter(index: number, size = 3): Tracked<BarrierMember> {
  return track(new DoubleBarrier(client(index), PATH, size).enter());
}

async function enterAll(size = 3): Promise<BarrierMember[]> {
  const entering = clients.slice(0, size).map((_, index) => enter(index, size));
  await settle();
  return await Promise.all(entering.map(({ promise }) => promise));
}

describe("entering", () => {
  it("waits until there are enough", async () => {
    const first = [enter(0), enter(1)];
    await settle();
    expect(first.map(({ isSettled }) => isSettled)).toEqual([false, false]);
    const last = enter(2);
    await settle();
    expect([...first, last].map(({ isSettled }) => isSettled)).toEqual([true, true, true]);
  });

  it("is not done because of a lost connection, or of others that come and go", async () => {
    const first = enter(0);
    await settle();
    await server.loseConnection(client(0));
    await settle();
    await client(1).create(`${PATH}/x`);
    await client(1).delete(`${PATH}/x`);
    await settle();
    expect(first.isSettled).toBe(false);
  });

  it("counts each member once when the reply to its creation is lost", async () => {
    for (const requests of ["applied", "dropped"] as const) {
      await client(0).ensurePath(PATH);
      void server.loseConnection(client(0), { operation: "create", requests });
      const first = enter(0, 2);
      await settle();
      expect(first.isSettled).toBe(false);
      expect(server.paths(PATH)).toHaveLength(2);
      const second = enter(1, 2);
      await settle();
      const members = await Promise.all([first.promise, second.promise]);
      const left = track(Promise.all(members.map((member) => member.leave())));
      await settle();
      await left.promise;
    }
  });

  it("leaves nothing behind when it gives up, also while its creation is on the way", async () => {
    const barrier = new DoubleBarrier(client(0), PATH, 3);
    const waiting = track(barrier.enter({ timeoutMs: 500 }));
    const timedOut = expect(waiting.promise).rejects.toThrow(OperationTimeoutError);
    await settle();
    await timedOut;
    expect(server.paths(PATH)).toEqual([PATH]);

    server.pause(client(0));
    const controller = new AbortController();
    const aborted = track(barrier.enter({ signal: controller.signal }));
    await settle();
    controller.abort();
    await expect(aborted.promise).rejects.toThrow("aborted");
    server.resume(client(0));
    await settle();
    expect(server.paths(PATH)).toEqual([PATH]);
  });

  it("fails when the session is lost, and no longer counts", async () => {
    const first = enter(0);
    await settle();
    const lost = expect(first.promise).rejects.toThrow(SessionExpiredError);
    server.expireSession(client(0));
    await settle();
    await lost;
    const others = [enter(1), enter(2)];
    await settle();
    expect(others.map(({ isSettled }) => isSettled)).toEqual([false, false]);
    const again = enter(0);
    await settle();
    await Promise.all([again, ...others].map(({ promise }) => promise));
  });

  it("goes in at once while the others are inside", async () => {
    await enterAll(2);
    const late = enter(2, 2);
    await settle();
    expect(late.isSettled).toBe(true);
  });

  it("takes no notice of what a round left behind whose members have all died", async () => {
    await enterAll(2);
    server.expireSession(client(0));
    server.expireSession(client(1));
    await settle();
    expect(server.paths(PATH)).toEqual([PATH, `${PATH}/ready`]);
    const first = enter(0, 2);
    await settle();
    expect(first.isSettled).toBe(false);
    const second = enter(1, 2);
    await settle();
    await Promise.all([first.promise, second.promise]);
  });
});

describe("leaving", () => {
  it("waits until all have left", async () => {
    const members = await enterAll();
    const leaving = members.slice(0, 2).map((member) => track(member.leave()));
    await settle();
    expect(leaving.map(({ isSettled }) => isSettled)).toEqual([false, false]);
    const last = track(members[2]?.leave() ?? Promise.reject(new Error("no such member")));
    await settle();
    await Promise.all([...leaving, last].map(({ promise }) => promise));
    expect(server.paths(PATH)).toEqual([PATH]);
  });

  it("does not wait for those whose sessions are lost", async () => {
    const [first, second] = await enterAll(2);
    const leaving = track(first?.leave() ?? Promise.resolve());
    await settle();
    expect(leaving.isSettled).toBe(false);
    server.expireSession(client(1));
    await settle();
    expect(leaving.isSettled).toBe(true);
    await leaving.promise;
    expect(second?.signal.aborted).toBe(true);
    await expect(second?.leave()).rejects.toThrow(SessionExpiredError);
  });

  it("does not take those who have entered again for those who have yet to leave", async () => {
    const members = await enterAll();
    // One is cut off while the others leave and enter the next round: it must not wait for them there.
    const leaving = members.map((member) => track(member.leave()));
    server.pause(client(0));
    await settle();
    server.resume(client(0));
    await settle();
    const next = [1, 2].map((index) => enter(index));
    await settle();
    await Promise.all(leaving.map(({ promise }) => promise));
    expect(next.map(({ isSettled }) => isSettled)).toEqual([false, false]);
    const last = enter(0);
    await settle();
    await Promise.all([...next, last].map(({ promise }) => promise));
  });

  it("may be asked for again when it was given up", async () => {
    const [first, second] = await enterAll(2);
    const timedOut = track(first?.leave({ timeoutMs: 500 }) ?? Promise.resolve());
    const failed = expect(timedOut.promise).rejects.toThrow(OperationTimeoutError);
    await settle();
    await failed;
    const leaving = track(Promise.all([first?.leave(), second?.leave()]));
    await settle();
    await leaving.promise;
    expect(server.paths(PATH)).toEqual([PATH]);
  });

  it("is done without waiting at the end of an await using block", async () => {
    const members = await enterAll(2);
    const disposed = track(members[0]?.[Symbol.asyncDispose]() ?? Promise.resolve());
    await settle();
    await disposed.promise;
    expect(server.paths(PATH)).toEqual([PATH, members[1]?.path, `${PATH}/ready`]);
  });
});

it("refuses a size that is none", () => {
  expect(() => new DoubleBarrier(client(0), PATH, 0)).toThrow(RangeError);
});
