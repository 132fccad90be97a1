/** One leader, followed by the next; and those who look on. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SessionExpiredError, type ZooKeeper } from "../../../src/client/index.ts";
import { type Leader, LeaderElection, NotHeldError } from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { ContentionRun, seeds } from "./support/contention.ts";
import { pending, settle } from "./support/pending.ts";

const PATH = "/elections/a";

let server: TestServer<ManualClock>;
let a: ZooKeeper;
let b: ZooKeeper;

beforeEach(async () => {
  server = new TestServer({ clock: new ManualClock() });
  a = await server.connect();
  b = await server.connect();
});
afterEach(async () => server.close());

const electionOf = (zk: ZooKeeper, id: string): LeaderElection =>
  new LeaderElection(zk, PATH, { id });

async function follow(
  election: LeaderElection,
  signal?: AbortSignal,
): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  const watching = (async () => {
    for await (const leader of election.leaders({ signal })) seen.push(leader?.id);
    seen.push("the end");
  })();
  watching.catch(() => {});
  await settle(server);
  return seen;
}

describe("an election", () => {
  it("has one leader at a time, until it resigns", async () => {
    const [ours, theirs] = [electionOf(a, "a"), electionOf(b, "b")];
    const leadership = await ours.campaign();
    const next = await pending(server, theirs.campaign());
    expect(await theirs.leader()).toEqual({
      id: "a",
      token: leadership.token,
      path: leadership.path,
    });
    expect(leadership.path).toMatch(/-latch-0000000000$/);
    expect(await ours.candidates()).toHaveLength(2);
    await leadership.release();
    await settle(server);
    expect(next.value?.signal.aborted).toBe(false);
    expect((await ours.leader())?.id).toBe("b");
  });

  it("has a leader while it leads", async () => {
    const election = electionOf(a, "a");
    const seen = await election.lead(async ({ token }) => [
      token,
      (await election.leader())?.token,
    ]);
    expect(seen[0]).toBe(seen[1]);
    expect(await election.leader()).toBeUndefined();
    expect(await new LeaderElection(a, "/none").leader()).toBeUndefined();
  });

  it("lets go of a leader whose session is lost, before there is another", async () => {
    const log: string[] = [];
    const reign = electionOf(a, "a").lead(async ({ signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      log.push("a has let go");
    });
    const lost = expect(reign).rejects.toThrow(SessionExpiredError);
    await settle(server);
    const next = electionOf(b, "b").lead(() => log.push("b leads"));
    await settle(server);
    server.pause(a);
    await server.clock.advance(20_000);
    server.resume(a);
    await Promise.all([lost, next]);
    expect(log).toEqual(["a has let go", "b leads"]);
  });

  it("tells a leader whose znode is deleted (CURATOR-724)", async () => {
    const leadership = await electionOf(a, "a").campaign();
    await b.delete(leadership.path);
    await settle(server);
    expect(leadership.signal.reason).toBeInstanceOf(NotHeldError);
    await leadership.release();
    expect((await electionOf(a, "a").campaign()).signal.aborted).toBe(false);
  });

  it("wakes one candidate when a leader resigns", async () => {
    const leadership = await electionOf(a, "a").campaign();
    await settle(server);
    for (let index = 0; index < 8; index++) {
      await pending(server, electionOf(await server.connect(), `${index}`).campaign());
    }
    const { events } = server.counters;
    await leadership.release();
    await settle(server);
    // The next candidate's, and the leader's own, which looks after its znode.
    expect(server.counters.events - events).toBe(2);
  });
});

describe("looking on", () => {
  it("sees every leader, from before there is an election", async () => {
    const over = new AbortController();
    const seen = await follow(electionOf(b, "b"), over.signal);
    const first = await electionOf(a, "1").campaign();
    await settle(server);
    const second = await pending(server, electionOf(a, "2").campaign());
    await first.release();
    await settle(server);
    await second.value?.release();
    await settle(server);
    const third = await electionOf(a, "3").campaign();
    await settle(server);
    await third.release();
    await settle(server);
    over.abort();
    await settle(server);
    expect(seen).toEqual([undefined, "1", "2", undefined, "3", undefined, "the end"]);
  });

  it("goes on after the session was lost", async () => {
    const seen = await follow(electionOf(b, "b"));
    server.expireSession(b);
    await server.clock.advance(1_000);
    const leadership = await electionOf(a, "1").campaign();
    await settle(server);
    expect(seen).toEqual([undefined, "1"]);
    server.stop();
    await server.clock.advance(60_000);
    server.start();
    await server.clock.advance(60_000);
    await leadership.release();
    await electionOf(a, "2").campaign();
    await settle(server);
    expect(seen.at(-1)).toBe("2");
  });

  it("sees no leader once nobody leads, even when the path goes", async () => {
    const seen = await follow(electionOf(b, "b"));
    const first = await electionOf(a, "1").campaign();
    await settle(server);
    await first.release();
    await server.clock.advance(200_000);
    expect(server.paths()).toEqual([]);
    await electionOf(a, "2").campaign();
    await settle(server);
    expect(seen).toEqual([undefined, "1", undefined, "2"]);
  });
});

describe("an election that eight clients stand for", () => {
  it.each(seeds)("never has two leaders (seed %i)", async (seed) => {
    const run = new ContentionRun(seed);
    const observer = await run.server.connect();
    const leaders: (Leader | undefined)[] = [];
    const over = new AbortController();
    const watching = (async () => {
      const election = new LeaderElection(observer, "/election");
      for await (const leader of election.leaders({ signal: over.signal })) leaders.push(leader);
    })();
    await run.play(async (worker) => {
      const { zk, random, sleep } = worker;
      const election = new LeaderElection(zk, "/election", { id: `${worker.index}` });
      await election.lead(async (leadership) => {
        run.enter(leadership, worker, "leader", () => false);
        await sleep(random.below(200));
      });
    });
    expect(run.problems).toEqual([]);
    expect(run.finished.every((rounds) => rounds > 0)).toBe(true);
    expect(run.server.paths("/election").slice(1)).toEqual([]);
    over.abort();
    await watching;
    // An observer may miss leaders, but sees them in their order.
    const tokens = leaders.flatMap((leader) => leader?.token ?? []);
    expect(tokens.length).toBeGreaterThan(20);
    expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
    await run.server.close();
  });
});
