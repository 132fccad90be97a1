/** The recipes and the testing kit inside workerd. */
import { expect, it } from "vitest";
import { Lock } from "../../src/recipes/index.ts";
import { ManualClock, nextTurn, TestServer } from "../../src/testing/index.ts";

it("passes turns of the event loop", async () => {
  await nextTurn();
});

it("takes over a lock whose holder has fallen silent", async () => {
  await using server = new TestServer({ clock: new ManualClock() });
  const zk = await server.connect({ sessionTimeoutMs: 10_000 });
  const other = await server.connect({ sessionTimeoutMs: 10_000 });
  const held = await new Lock(zk, "/lock").acquire();
  const waiting = new Lock(other, "/lock").acquire();
  server.pause(zk);
  await server.clock.advance(9_999);
  expect(held.signal.aborted).toBe(false);
  await server.clock.advance(1);
  expect(held.signal.aborted).toBe(true);
  await server.clock.advance(2_000);
  expect((await waiting).token).toBeGreaterThan(held.token);
});
