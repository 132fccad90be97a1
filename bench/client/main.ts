/**
 * `npm run bench:client`: a lock through client libraries, this repository's, kazoo's and Curator's, on Edgekeeper and on a real
 * ZooKeeper. The report on stdout, progress on stderr; the exit code is not 0 when a lock was not held. A goal that is
 * missed is said, and is no error.
 */
import { dirname } from "node:path";
import { GZIPPED_BYTES_MAX, measureBundle } from "../../scripts/package/bundle-size.ts";
import { buildModules } from "../../scripts/package/modules.ts";
import { findZooKeeperJars } from "../../test/support/real-zookeeper.ts";
import { runCommand } from "../command-line.ts";
import { describeEnvironment } from "../environment.ts";
import { runRounds } from "../rounds.ts";
import type { Server, ServerName } from "../servers.ts";
import { startServers } from "../servers/start-servers.ts";
import { findLibraries } from "./client-library.ts";
import { parseClientOptions, USAGE } from "./client-options.ts";
import {
  type ClientReport,
  compareClients,
  formatClientReport,
  summarizeContestants,
} from "./client-report.ts";
import { type Contestant, enter, uncontendedLock } from "./contestant.ts";

/** One request at a time takes long to be compiled for, on both sides. */
const WARM_UP_FACTOR = 4;

const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const { rounds, seconds, libraries, json, help } = parseClientOptions(args);
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const notes: string[] = [];
  const onNote = (note: string): void => void notes.push(note);
  const found = findLibraries(libraries, onNote);
  onNote(await describeBundle());
  const servers: Server[] = [];
  const contestants: Contestant[] = [];
  try {
    const choice = { servers: serversWanted(onNote), addresses: {}, edgekeeperHttp: undefined };
    await startServers(choice, (server) => servers.push(server), onNote);
    for (const library of found) {
      for (const server of servers) {
        const contestant = await enter(library, server);
        if (contestant !== undefined) contestants.push(contestant);
      }
    }
    const environment = await describeEnvironment(servers);
    const scenario = uncontendedLock(contestants);
    const options = { rounds, seconds, warmUpFactor: WARM_UP_FACTOR, onProgress };
    const { results, failures } = await runRounds(contestants, [scenario], options);
    const result = results[0] ?? { scenario, measured: new Map() };
    const summaries = summarizeContestants(result);
    const comparisons = compareClients(scenario, summaries);
    const run = { environment, rounds, seconds, notes, failures };
    const report: ClientReport = { ...run, summaries, comparisons };
    const text = json ? `${JSON.stringify(report, null, 2)}\n` : formatClientReport(report, result);
    process.stdout.write(text);
    if (failures.length > 0) process.exitCode = 1;
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.stop()));
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** What whoever uses this repository's client for a lock has to load; makes dist/. */
async function describeBundle(): Promise<string> {
  const root = dirname(dirname(import.meta.dirname));
  await buildModules(root);
  const { minifiedBytes, gzippedBytes } = await measureBundle(root);
  return `connect and Lock: ${minifiedBytes} bytes minified, ${gzippedBytes} gzipped, of at most ${GZIPPED_BYTES_MAX}.`;
}

/** Alternating, as the contestants do. */
function serversWanted(onNote: (note: string) => void): ServerName[] {
  if (findZooKeeperJars() !== undefined) return ["edgekeeper", "zookeeper", "edgekeeper-ws"];
  onNote("ZooKeeper: not measured, it is not installed (apt-get install zookeeper).");
  return ["edgekeeper", "edgekeeper-ws"];
}

await runCommand(main);
