/** What waiting ends with. */
import { expect, it } from "vitest";
import { OperationTimeoutError } from "../../../src/client/index.ts";
import { Lock } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";

it("ends with a timeout also where there is no session to wait in", async () => {
  await using server = new TestServer({ clock: new ManualClock() });
  const zk = await server.connect({ sessionTimeoutMs: 4_000 });
  server.stop();
  await server.clock.advance(4_000);
  expect(zk.state).toBe("lost");
  const failed = expect(new Lock(zk, "/lock").acquire({ timeoutMs: 1_000 })).rejects.toBeInstanceOf(
    OperationTimeoutError,
  );
  await server.clock.advance(1_000);
  await failed;
});
