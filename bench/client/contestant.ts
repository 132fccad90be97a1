/**
 * A client library with a session on a server: what takes turns with others of its kind.
 */
import type { Stat } from "../../src/protocol/records.ts";
import { ControlClient } from "../control-client.ts";
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { processorSeconds } from "../process-usage.ts";
import { type Measurement, operationsPerSecond, type Scenario } from "../scenario.ts";
import type { Server } from "../servers.ts";
import type { ClientLibrary, LibraryName } from "./client-library.ts";
import { LockProgram } from "./lock-program.ts";

export interface Contestant extends Server {
  readonly program: LockProgram;
}

/** How contestants are called. */
export function contestantName(library: LibraryName, server: string): string {
  return `${library} on ${server}`;
}

/** Starts a library's program on a server; undefined when it does not get there. */
export async function enter(
  library: ClientLibrary,
  server: Server,
): Promise<Contestant | undefined> {
  const address = library.addressOf(server);
  if (address === undefined) return undefined;
  const program = await LockProgram.start(library.source, address);
  const name = contestantName(library.name, server.name);
  return { ...server, name, program, stop: () => program.stop() };
}

/** One client acquires and releases one lock that nobody else wants. */
export function uncontendedLock(contestants: readonly Contestant[]): Scenario {
  const programs = new Map(contestants.map(({ name, program }) => [name, program]));
  return {
    name: "lock",
    title: "acquire and release, uncontended",
    figure: { ...operationsPerSecond, unit: "lock/s" },
    goals: { zookeeper: 1 },
    limitsP99: false,
    runs: {
      zookeeper: async (server, root, seconds) => {
        const program = programs.get(server.name);
        if (program === undefined) throw new Error(`nobody is called ${server.name}`);
        return await cycleLock(program, server, root, seconds);
      },
    },
  };
}

async function cycleLock(
  program: LockProgram,
  server: Server,
  root: string,
  seconds: number,
): Promise<Measurement> {
  const [latencies, errors] = [new LatencyHistogram(), new ErrorLog()];
  const control = await ControlClient.open(server.address);
  try {
    // All of them find it there: what they would make of it themselves differs.
    await control.create(root, new Uint8Array(0));
    const before = await secondsOf(program, server);
    const { elapsedMs, latenciesMs } = await program.cycle(root, seconds);
    const after = await secondsOf(program, server);
    for (const latencyMs of latenciesMs) latencies.record(latencyMs);
    const cycles = latenciesMs.length;
    checkTraces(await control.exists(root), cycles, errors);
    await control.delete(root);
    await control.close();
    return {
      operations: cycles,
      value: (cycles / elapsedMs) * 1000,
      p50Ms: latencies.percentileMs(0.5),
      p99Ms: latencies.percentileMs(0.99),
      generatorBusy: ((after.client - before.client) * 1000) / elapsedMs,
      serverUsPerOp: ((after.server - before.server) * 1e6) / cycles,
      errors,
    };
  } finally {
    control.destroy();
  }
}

/** The lock's znode counts creations and deletions alike: each time one was created below it, and it is gone. */
export function checkTraces(stat: Stat | undefined, cycles: number, errors: ErrorLog): void {
  if (stat?.cversion === 2 * cycles && stat.numChildren === 0) return;
  errors.add(
    `after ${cycles} times its znode has cversion ${stat?.cversion} and ${stat?.numChildren} children`,
  );
}

/** Processor time so far; NaN when unknown. */
async function secondsOf(program: LockProgram, server: Server) {
  const [client, ofServer] = await Promise.all(
    [program.pid, server.pid].map(
      async (pid) => (pid === undefined ? undefined : await processorSeconds(pid)) ?? Number.NaN,
    ),
  );
  return { client: client ?? Number.NaN, server: ofServer ?? Number.NaN };
}
