/** Containers that recipes make for themselves. */
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ZooKeeper } from "../../../src/client/index.ts";
import { Lock } from "../../../src/recipes/lock.ts";
import { ensureContainer } from "../../../src/recipes/parents.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { settled } from "./support/progress.ts";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  zk = await server.connect();
});

afterEach(async () => server.close());

it.each(["applied", "dropped"] as const)(
  "are there although the reply to a creation that was %s is lost",
  async (requests) => {
    void server.loseConnection(zk, { operation: "create", requests });
    await settled(server.clock, ensureContainer(zk, "/a", {}));
    expect(server.paths()).toEqual(["/a"]);
  },
);

// Found by fault runs: an acquire that had to make its path was rejected with ConnectionLossError.
it.each([1, 2, 3, 4])(
  "do not end a wait, though %i replies to creations are lost",
  async (count) => {
    const lose = async (): Promise<void> => {
      for (let lost = 0; lost < count; lost++) {
        await server.loseConnection(zk, { operation: "create", requests: "applied" });
      }
    };
    const losing = lose();
    const held = await settled(server.clock, new Lock(zk, "/locks/a").acquire());
    await losing;
    await held.release();
    expect(server.paths()).toEqual(["/locks", "/locks/a"]);
  },
);
