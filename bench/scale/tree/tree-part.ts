/**
 * A million znodes: how long the start takes, how much memory they need, and what they cost everybody's latency.
 */
import type { ErrorLog } from "../../error-log.ts";
import type { ServerName } from "../server-name.ts";
import { openTcpSession, openTcpSessions, closeAll } from "../sessions.ts";
import { type PartContext, ReportBuilder, type ScalePart } from "../scale-part.ts";
import { type ScaleServer, startScaleServer } from "../scale-server.ts";
import { readMemory } from "../server-memory.ts";
import { dropPageCache, measureStart } from "./cold-start.ts";
import { TestTree } from "./test-tree.ts";
import { compareLatency, latencyCases, type LoadedTree } from "./tree-latency.ts";

const LOADERS = 4;
const SMALL = 1_000;
const SAMPLES = 10_000;
const START_MS_MAX = 1_000;
const MEMORY_SHARE_MAX = 0.25;
const LATENCY_RATIO_MAX = 1.5;
const MIB = 2 ** 20;

/** Resident bytes of the whole server at the moments that a goal is about. */
interface Resident {
  loaded: number;
  started: number;
}

export const tree: ScalePart = {
  name: "tree",
  run: async (context) => {
    const report = new ReportBuilder();
    const resident = new Map<ServerName, Resident>();
    for (const name of context.servers) {
      resident.set(name, await measureServer(name, context, report));
    }
    compareMemory(resident, report);
    return report.build(
      "tree",
      `${context.sizes.znodes.toLocaleString("en-US")} znodes of 100 bytes`,
    );
  },
};

async function measureServer(
  name: ServerName,
  { sizes, onProgress, errors }: PartContext,
  report: ReportBuilder,
): Promise<Resident> {
  const large = await loadTree(name, sizes.znodes, sizes["heap-mb"], errors);
  try {
    const { server } = large;
    report.measured(name, "created per second", (sizes.znodes / large.loadMs) * 1000);
    const loaded = await reportMemory(server, "after load", report);
    onProgress(`${name}: loaded in ${(large.loadMs / 1000).toFixed(1)} s`);
    await verify(large, errors);
    await reportLatencies(large, { sizes, errors }, report);
    onProgress(`${name}: latencies measured`);
    await server.settle();
    await server.kill();
    if (!dropPageCache()) report.note("the page cache could not be dropped");
    await reportStart(large, "cold", report);
    await verify(large, errors);
    const started = await reportMemory(server, `after cold start, ${SAMPLES} read`, report);
    await server.kill();
    await reportStart(large, "warm", report);
    return { loaded, started };
  } finally {
    await large.server.stop();
  }
}

async function loadTree(
  name: ServerName,
  size: number,
  heapMb: number,
  errors: ErrorLog,
): Promise<LoadedTree & { readonly loadMs: number }> {
  const server = await startScaleServer(name, { heapMb });
  try {
    const loaders = await openTcpSessions(server.address, LOADERS);
    const testTree = new TestTree("/tree", size);
    const startedMs = performance.now();
    await testTree.load(loaders, errors);
    const loadMs = performance.now() - startedMs;
    await closeAll(loaders);
    return { server, tree: testTree, loadMs };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function verify(loaded: LoadedTree, errors: ErrorLog): Promise<void> {
  const session = await openTcpSession(loaded.server.address);
  await loaded.tree.verify(session, SAMPLES, errors);
  await session.close();
}

/** Returns the resident bytes of the whole server. */
async function reportMemory(
  server: ScaleServer,
  when: string,
  report: ReportBuilder,
): Promise<number> {
  const whole = await readMemory(server.pids);
  report.measured(server.name, `resident MiB ${when}`, Math.round(whole.rss / MIB));
  if (server.pids.length > 1) {
    const serving = await readMemory([server.pid]);
    report.measured(server.name, `  of which workerd, ${when}`, Math.round(serving.rss / MIB));
  }
  report.measured(server.name, `  proportional (PSS), ${when}`, Math.round(whole.pss / MIB));
  return whole.rss;
}

async function reportStart(
  { server, tree: testTree }: LoadedTree,
  kind: string,
  report: ReportBuilder,
): Promise<void> {
  const { name } = server;
  const { fromStartMs, fromConnectionMs, launcherMs } = await measureStart(server, testTree);
  report.measured(
    name,
    `${kind} start: ms from process start to first getData`,
    Math.round(fromStartMs),
  );
  report.measured(name, `${kind} start: ms from first connection`, Math.round(fromConnectionMs));
  if (launcherMs > 0) {
    report.measured(name, `${kind} start: ms before workerd was started`, launcherMs);
  }
  if (name !== "edgekeeper" || kind !== "cold") return;
  const goal = `first getData within ${START_MS_MAX} ms of a cold`;
  report.goal(
    `${goal} process start`,
    fromStartMs <= START_MS_MAX,
    `${Math.round(fromStartMs)} ms`,
  );
  report.goal(
    `${goal} server's first connection`,
    fromConnectionMs <= START_MS_MAX,
    `${Math.round(fromConnectionMs)} ms`,
  );
}

async function reportLatencies(
  large: LoadedTree,
  { sizes, errors }: Pick<PartContext, "sizes" | "errors">,
  report: ReportBuilder,
): Promise<void> {
  const { name } = large.server;
  const small = await loadTree(name, Math.min(SMALL, sizes.znodes), sizes["heap-mb"], errors);
  try {
    for (const latencyCase of latencyCases) {
      const [few, many] = await compareLatency([small, large], latencyCase, sizes, errors);
      if (few === undefined || many === undefined) continue;
      const ratio = many.p50Ms / few.p50Ms;
      const texts = [few, many].map(
        ({ p50Ms, p99Ms, opsPerSecond }) =>
          `${p50Ms.toFixed(3)} / ${p99Ms.toFixed(3)} (${Math.round(opsPerSecond)}/s)`,
      );
      const title = `${latencyCase.name}: p50 / p99 ms`;
      report.measured(name, `${title}, ${small.tree.size} znodes`, texts[0] ?? "");
      report.measured(name, `${title}, all`, texts[1] ?? "");
      report.measured(name, `${latencyCase.name}: ratio of the p50`, ratio);
      if (name !== "edgekeeper") continue;
      report.goal(
        `${latencyCase.name} within ${LATENCY_RATIO_MAX} times that of ${small.tree.size} znodes`,
        ratio <= LATENCY_RATIO_MAX,
        ratio.toFixed(2),
      );
    }
  } finally {
    await small.server.stop();
  }
}

function compareMemory(resident: ReadonlyMap<ServerName, Resident>, report: ReportBuilder): void {
  const ours = resident.get("edgekeeper");
  const theirs = resident.get("zookeeper");
  if (ours === undefined || theirs === undefined) return;
  const moments = [
    ["after load", ours.loaded / theirs.loaded],
    ["after a cold start", ours.started / theirs.started],
  ] as const;
  for (const [when, share] of moments) {
    const what = `resident memory ${when} at most ${MEMORY_SHARE_MAX} of ZooKeeper's`;
    report.goal(what, share <= MEMORY_SHARE_MAX, share.toFixed(2));
  }
}
