/** Double barriers, whatever happens to their members. */
import { expect, it } from "vitest";
import { type NodeEvent, type ZooKeeper, ZooKeeperError } from "../../../src/client/index.ts";
import { DoubleBarrier } from "../../../src/recipes/double-barrier.ts";
import { seeds } from "./support/contention.ts";
import { openFaultyWorld } from "./support/faults.ts";

const PATH = "/barriers/a";
const READY = `${PATH}/ready`;
const SIZE = 8;
const DURATION_MS = 20_000;

/** Enters and leaves, again and again, and notes whose znode was let in. */
async function takePart(zk: ZooKeeper, stop: AbortSignal, entered: string[]): Promise<void> {
  const barrier = new DoubleBarrier(zk, PATH, SIZE);
  while (!stop.aborted) {
    try {
      await using member = await barrier.enter({ signal: stop });
      entered.push(member.path);
      await member.leave({ signal: stop });
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }
}

async function record(zk: ZooKeeper, signal: AbortSignal): Promise<NodeEvent[]> {
  const events: NodeEvent[] = [];
  for await (const event of zk.watch(PATH, { recursive: true, signal })) {
    if (event.type !== "Resync") events.push(event);
  }
  return events;
}

/** Paths of those who at some time were at the barrier with enough others, or with one of an open round. */
function findEntitled(events: readonly NodeEvent[]): Set<string> {
  const entitled = new Set<string>();
  const present = new Set<string>();
  let openers = new Set<string>();
  for (const { type, path } of events) {
    if (path === PATH) continue;
    if (path === READY) openers = new Set(type === "NodeCreated" ? present : []);
    else if (type === "NodeCreated") present.add(path);
    else present.delete(path);
    openers.delete(path);
    if (present.size >= SIZE || openers.size > 0) for (const each of present) entitled.add(each);
  }
  return entitled;
}

it.each(seeds)("let nobody in early, and everybody out (seed %i)", async (seed) => {
  const { server, clients, run } = await openFaultyWorld(seed, SIZE, {
    expiryProbability: 0.2,
    // The observer must miss nothing.
    restartProbability: 0,
  });
  const observer = await run(server.connect());
  await run(observer.ensurePath(PATH));
  const [stop, stopRecording] = [new AbortController(), new AbortController()];
  const recording = record(observer, stopRecording.signal);
  await server.clock.advance(1_000);
  const entered: string[] = [];
  server.clock.startTimer(() => stop.abort(), DURATION_MS);
  await run(Promise.all(clients.map((zk) => takePart(zk, stop.signal, entered))));
  await server.clock.advance(60_000);
  stopRecording.abort();

  const entitled = findEntitled(await recording);
  expect(entered.filter((path) => !entitled.has(path))).toEqual([]);
  expect(entered.length).toBeGreaterThan(4 * SIZE);
  const left = server.paths(PATH).filter((path) => path !== PATH && path !== READY);
  expect(left).toEqual([]);
  await server.close();
});
