/**
 * Without a hand on the clock: the platform's alarm frees what nobody renews.
 */
import { expect, it } from "vitest";
import { Calling } from "./support/calls.ts";
import { TestNamespace } from "./support/namespace.ts";

const PATH = "/locks/a";

it("whoever waits gets the lock when its holder is silent for the ttl, and no earlier", async () => {
  const calling = new Calling(new TestNamespace());
  const heldSinceMs = Date.now();
  const first = await calling.ask("acquireLock", { path: PATH, ttlMs: 1_000 });
  if (!first.acquired) throw new Error("not acquired");
  const second = await calling.ask("acquireLock", { path: PATH, ttlMs: 1_000, waitMs: 15_000 });
  if (!second.acquired) throw new Error("not acquired");
  expect(second.lock.token).toBeGreaterThan(first.lock.token);
  expect(Date.now() - heldSinceMs).toBeGreaterThanOrEqual(first.lock.validityMs);
  expect(await calling.failure("renewLock", { lock: first.lock.id })).toMatchObject({
    name: "notHeld",
  });
}, 20_000);

it("a lock that is renewed is kept, however short its ttl", async () => {
  const namespace = new TestNamespace();
  const calling = new Calling(namespace);
  const first = await calling.ask("acquireLock", { path: PATH, ttlMs: 1_000 });
  if (!first.acquired) throw new Error("not acquired");
  // The platform's own alarms, each of which would have ended it.
  const { alarms } = await namespace.counters();
  while ((await namespace.counters()).alarms < alarms + 2) {
    await calling.ask("renewLock", { lock: first.lock.id });
  }
  expect(await calling.ask("acquireLock", { path: PATH, ttlMs: 1_000 })).toMatchObject({
    acquired: false,
    holders: [{ token: first.lock.token }],
  });
}, 20_000);
