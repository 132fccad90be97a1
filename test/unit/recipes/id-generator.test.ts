/** Ids: nobody gets one that another has. */
import { afterEach, beforeEach, expect, it } from "vitest";
import {
  OperationTimeoutError,
  type ZooKeeper,
  ZooKeeperError,
} from "../../../src/client/index.ts";
import { CounterRangeError } from "../../../src/recipes/counter-format.ts";
import { IdGenerator } from "../../../src/recipes/id-generator.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld } from "./support/faults.ts";

const PATH = "/ids/a";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  zk = await server.connect();
});

afterEach(async () => server.close());

/** Asks for 30 ids, and again when a connection or a session was lost. */
async function collect(client: ZooKeeper): Promise<number[]> {
  const ids = new IdGenerator(client, PATH, { blockSize: 3 });
  const found: number[] = [];
  while (found.length < 30) {
    try {
      found.push(await ids.next());
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }
  return found;
}

it("gives the numbers of a block in order, and asks once for each block", async () => {
  const ids = new IdGenerator(zk, PATH, { blockSize: 4 });
  await ids.next();
  const { requests } = server.counters;
  const next = await Promise.all(Array.from({ length: 9 }, () => ids.next()));
  expect(next).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(server.counters.requests - requests).toBe(2);
});

it("gives each generator its own", async () => {
  const options = { blockSize: 2, initial: 100 };
  const [one, two] = [new IdGenerator(zk, PATH, options), new IdGenerator(zk, PATH, options)];
  expect([await one.next(), await two.next()]).toEqual([100, 102]);
  expect([await one.next(), await one.next()]).toEqual([101, 104]);
});

it("says so when there are none left", async () => {
  const initial = 2 ** 31 - 4;
  const ids = new IdGenerator(zk, PATH, { format: "int32", blockSize: 2, initial });
  expect([await ids.next(), await ids.next()]).toEqual([initial, initial + 1]);
  await expect(ids.next()).rejects.toThrow(CounterRangeError);
});

it("lets one give up without the others", async () => {
  const ids = new IdGenerator(zk, PATH);
  server.pause(zk);
  const hasty = expect(ids.next({ timeoutMs: 100 })).rejects.toThrow(OperationTimeoutError);
  const patient = ids.next();
  await server.clock.advance(200);
  await hasty;
  server.resume(zk);
  expect(await patient).toBe(0);
});

it.each(seeds)("never gives one twice, whatever happens to whom (seed %i)", async (seed) => {
  const world = await openFaultyWorld(seed, 8, { expiryProbability: 0.2 });
  const found = await world.run(Promise.all(world.clients.map(collect)));
  for (const ids of found) expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(found.flat()).size).toBe(8 * 30);
  await world.server.close();
});
