/** Two-phase commit: all see one decision, and it is the right one. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  NodeExistsError,
  NoNodeError,
  OperationTimeoutError,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { AlreadyVotedError, TwoPhaseCommit } from "../../../src/recipes/two-phase-commit.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld, patiently } from "./support/faults.ts";
import { track } from "./support/tracked.ts";

const PATH = "/transactions/a";

let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let transaction: TwoPhaseCommit;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  zk = await server.connect();
  transaction = new TwoPhaseCommit(zk, PATH);
});

afterEach(async () => server.close());

async function openOther(): Promise<TwoPhaseCommit> {
  return new TwoPhaseCommit(await server.connect(), PATH);
}

describe("a transaction", () => {
  it("says what is to be done, and by whom", async () => {
    await transaction.begin(["b", "a"], "one bicycle");
    const { data, sites } = await (await openOther()).read();
    expect(new TextDecoder().decode(data ?? undefined)).toBe("one bicycle");
    expect(sites).toEqual(["a", "b"]);
  });

  it("begins once", async () => {
    await transaction.begin(["a"]);
    await expect(transaction.begin(["a", "b"])).rejects.toThrow(NodeExistsError);
    expect((await transaction.read()).sites).toEqual(["a"]);
  });

  it("has sites that can be told apart", async () => {
    for (const sites of [[], ["a", "a"], [""], ["a/b"], ["decision"]]) {
      await expect(transaction.begin(sites)).rejects.toThrow(TypeError);
    }
  });

  it("cannot be waited for, voted on or aborted before it has begun", async () => {
    await expect(transaction.decision()).rejects.toThrow(NoNodeError);
    await expect(transaction.vote("a", "commit")).rejects.toThrow(NoNodeError);
    await expect(transaction.vote("a", "abort")).rejects.toThrow(NoNodeError);
    await expect(transaction.abort()).rejects.toThrow(NoNodeError);
  });

  it("is removed as a whole, and by anybody", async () => {
    await transaction.begin(["a", "b"]);
    const waiting = expect(transaction.decision()).rejects.toThrow(NoNodeError);
    await server.clock.advance(100);
    const other = await openOther();
    await other.remove();
    await other.remove();
    await server.clock.advance(100);
    // Whoever still waited may have seen the decision to abort, but never one to commit.
    await waiting.catch(async () => expect(await transaction.decision()).toBe("abort"));
    expect(server.paths("/transactions")).toEqual(["/transactions"]);
  });
});

describe("the decision", () => {
  it("is to commit with the last vote to commit", async () => {
    await transaction.begin(["a", "b", "c"]);
    const decision = track((await openOther()).decision());
    await transaction.vote("a", "commit");
    await transaction.vote("b", "commit");
    await transaction.vote("a", "commit");
    await server.clock.advance(100);
    expect(decision.isSettled).toBe(false);
    await transaction.vote("c", "commit");
    expect(await decision.promise).toBe("commit");
    expect(await transaction.decision()).toBe("commit");
  });

  it("is to abort with the first vote to abort", async () => {
    await transaction.begin(["a", "b", "c"]);
    await transaction.vote("a", "commit");
    await transaction.vote("b", "abort");
    expect(await transaction.decision()).toBe("abort");
    await transaction.vote("c", "commit");
    await transaction.vote("b", "abort");
    expect(await (await openOther()).decision()).toBe("abort");
  });

  it("is to abort when somebody is tired of waiting, and stays so", async () => {
    await transaction.begin(["a", "b"]);
    await transaction.vote("a", "commit");
    const late = expect(transaction.decision({ timeoutMs: 50 })).rejects.toThrow(
      OperationTimeoutError,
    );
    await server.clock.advance(100);
    await late;
    expect(await transaction.abort()).toBe("abort");
    await transaction.vote("b", "commit");
    expect(await transaction.decision()).toBe("abort");
  });

  it("cannot be aborted any more when it is to commit", async () => {
    await transaction.begin(["a"]);
    await transaction.vote("a", "commit");
    expect(await transaction.abort()).toBe("commit");
    await expect(transaction.vote("a", "abort")).rejects.toThrow(AlreadyVotedError);
  });

  it("is not changed by a site that changes its mind", async () => {
    await transaction.begin(["a", "b"]);
    await transaction.vote("a", "commit");
    await expect(transaction.vote("a", "abort")).rejects.toThrow(AlreadyVotedError);
    await transaction.vote("b", "abort");
    await expect(transaction.vote("b", "commit")).rejects.toThrow(AlreadyVotedError);
    await expect(transaction.vote("c", "commit")).rejects.toThrow(NoNodeError);
  });

  it("is waited for across sessions", async () => {
    await transaction.begin(["a"]);
    const decision = track(transaction.decision());
    await server.clock.advance(100);
    const other = await openOther();
    server.expireSession(zk);
    await server.clock.advance(1_000);
    expect(decision.isSettled).toBe(false);
    await other.vote("a", "commit");
    await server.clock.advance(100);
    expect(await decision.promise).toBe("commit");
  });

  it.each(["dropped", "applied"] as const)(
    "comes about although replies to what was %s are lost",
    async (requests) => {
      await transaction.begin(["a", "b"]);
      void server.loseConnection(zk, { operation: "setData", requests });
      const first = track(transaction.vote("a", "commit"));
      await server.clock.advance(1_000);
      await first.promise;
      void server.loseConnection(zk, { operation: "transaction", requests });
      const second = track(transaction.vote("b", "commit"));
      await server.clock.advance(1_000);
      await second.promise;
      expect(await transaction.decision()).toBe("commit");
    },
  );
});

it.each(seeds)("is one for all, whatever happens to whom (seed %i)", async (seed) => {
  const world = await openFaultyWorld(seed, 8, { expiryProbability: 0.3 });
  const { clients, random } = world;
  const sites = clients.map((_, index) => `site-${index}`);
  for (let round = 0; round < 5; round++) {
    const path = `/transactions/${round}`;
    const hasDissenter = round % 2 === 1;
    const coordinator = new TwoPhaseCommit(clients[round] as ZooKeeper, path);
    const begun = patiently(() => coordinator.begin(sites, "work")).catch((error: unknown) => {
      // An attempt whose reply was lost has begun it.
      if (!(error instanceof NodeExistsError)) throw error;
    });
    await world.run(begun);
    const dissenter = hasDissenter ? random.below(8) : undefined;
    const decisions = clients.map(async (client, index) => {
      const site = new TwoPhaseCommit(client, path);
      const vote = index === dissenter ? "abort" : "commit";
      await patiently(() => site.vote(`site-${index}`, vote));
      return await patiently(() => site.decision());
    });
    const expected = hasDissenter ? "abort" : "commit";
    expect(await world.run(Promise.all(decisions))).toEqual(sites.map(() => expected));
  }
  await world.server.close();
});
