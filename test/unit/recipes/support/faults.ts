/**
 * What happens to clients while they work: lost connections, with and without the requests that were on their way, ends of
 * sessions and restarts of the server, at moments that a seed decides.
 */
import { isRetryable, isSessionFatal, type ZooKeeper } from "../../../../src/client/index.ts";
import { ManualClock, SeededRandom, TestServer } from "../../../../src/testing/index.ts";
import { track } from "./tracked.ts";

/** By then everything should have come to its end, in the test's time. */
const TIME_MAX_MS = 3_600_000;

export interface FaultyWorld {
  readonly server: TestServer<ManualClock>;
  readonly clients: readonly ZooKeeper[];
  readonly random: SeededRandom;
  /**
   * Lets time pass and faults happen until the work is done, and gives what it comes to.
   *
   * @throws Error when it is not done after an hour.
   */
  readonly run: <T>(work: Promise<T>) => Promise<T>;
}

export interface FaultOptions {
  /** Of a fault, that it ends a session and not just a connection. */
  readonly expiryProbability: number;
  /** Of a moment, that the server is restarted in it. Default: 0.05. */
  readonly restartProbability?: number;
}

/** A server with clients whose messages take from 0 to 20 ms, and to one of whom something happens every 100 ms or so. */
export async function openFaultyWorld(
  seed: number,
  clientCount: number,
  { expiryProbability, restartProbability = 0.05 }: FaultOptions,
): Promise<FaultyWorld> {
  const random = new SeededRandom(seed);
  const delays = random.fork();
  let delayMsMax = 0;
  const clock = new ManualClock();
  const delayMs = (): number => delays.below(delayMsMax + 1);
  const server = new TestServer({ clock, seed, delayMs });
  const clients = await Promise.all(Array.from({ length: clientCount }, () => server.connect()));
  delayMsMax = 20;

  const run = async <T>(work: Promise<T>): Promise<T> => {
    const tracked = track(work);
    while (!tracked.isSettled) {
      await clock.advance(1 + random.below(200));
      if (clock.now() > TIME_MAX_MS) throw new Error(`seed ${seed}: not done after an hour`);
      if (random.next() < restartProbability) {
        server.stop();
        await clock.advance(random.below(200));
        server.start();
      }
      const zk = clients[random.below(clients.length)];
      if (zk?.state !== "connected") continue;
      if (random.next() < expiryProbability) server.expireSession(zk);
      else
        void server.loseConnection(zk, { requests: random.next() < 0.5 ? "applied" : "dropped" });
    }
    return await work;
  };
  return { server, clients, random, run };
}

/** Asks again whenever a connection or a session was lost. */
export async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetryable(error) && !isSessionFatal(error)) throw error;
    }
  }
}
