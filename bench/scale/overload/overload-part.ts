/**
 * Ten times what the server can do, for ten seconds: it must answer what it can, refuse the rest in order, keep alive who
 * only sends heartbeats, and be itself again afterwards.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { Request } from "../../../src/protocol/requests.ts";
import type { ErrorLog } from "../../error-log.ts";
import { openSession } from "../../session.ts";
import type { ServerName } from "../server-name.ts";
import { encodeRequestFrame } from "../../wire-layout.ts";
import { znodeData } from "../../znode.ts";
import { webSocketPathOf } from "../../namespace.ts";
import { type ProbeResult, startProbe } from "../probe/probe.ts";
import { closeAll, openTcpSessions } from "../sessions.ts";
import { type PartContext, ReportBuilder, type ScalePart } from "../scale-part.ts";
import { type ScaleServer, startScaleServer } from "../scale-server.ts";
import { TestTree } from "../tree/test-tree.ts";
import { type BystanderResult, startBystanders } from "./bystanders.ts";
import { FloodConnection } from "./flood-connection.ts";
import { flood, type FloodResult, measureCapacity } from "./flood.ts";

const CONNECTIONS = 16;
const ROOT = "/overload";
const ZNODES = 960;
const BYSTANDERS_PER_TRANSPORT = 10;
const BYSTANDER_TIMEOUT_MS = 4_000;
/** A client that hears nothing for two thirds of its timeout takes the server for dead. */
const HEARTBEAT_WAIT_MS_MAX = (BYSTANDER_TIMEOUT_MS * 2) / 3;
const CALM_MS = 3_000;
const LATENCY_RATIO_MAX = 1.5;
/** On Cloudflare an isolate has no more in all. */
const GROWTH_MIB_MAX = 128;
const MIB = 2 ** 20;

interface Flood {
  readonly name: string;
  readonly transport: "TCP" | "WebSockets";
  readonly requests: (tree: TestTree, connection: number) => readonly Request[];
}

/** Every connection has znodes of its own. */
const setData: Flood["requests"] = (tree, connection) =>
  Array.from({ length: ZNODES / CONNECTIONS }, (_, index) => ({
    type: OpCode.setData,
    path: tree.path(index * CONNECTIONS + connection),
    data: znodeData(index, 0),
    version: -1,
  }));

/** A request of a few bytes that means work, and a reply of kilobytes. */
const list: Flood["requests"] = (tree) => [
  {
    type: OpCode.getChildren,
    path: tree.path(0).slice(0, tree.path(0).lastIndexOf("/")),
    watch: false,
  },
];

const floods: readonly Flood[] = [
  { name: "setData over TCP", transport: "TCP", requests: setData },
  { name: "setData over WebSockets", transport: "WebSockets", requests: setData },
  { name: `lists of ${ZNODES} over TCP`, transport: "TCP", requests: list },
  { name: `lists of ${ZNODES} over WebSockets`, transport: "WebSockets", requests: list },
];

export const overload: ScalePart = {
  name: "overload",
  run: async (context) => {
    const report = new ReportBuilder();
    for (const name of context.servers) {
      for (const each of floods) {
        if (name === "zookeeper" && each.transport === "WebSockets") continue;
        await measureFlood(name, each, context, report);
        context.onProgress(`${name}: ${each.name}`);
      }
    }
    const factor = context.sizes["overload-factor"];
    return report.build(
      "overload",
      `${factor} times what the server can do, ${CONNECTIONS} connections`,
    );
  },
};

async function measureFlood(
  name: ServerName,
  each: Flood,
  { sizes, errors }: PartContext,
  report: ReportBuilder,
): Promise<void> {
  const server = await startScaleServer(name, { heapMb: sizes["heap-mb"] });
  try {
    const tree = new TestTree(ROOT, ZNODES);
    const loaders = await openTcpSessions(server.address, 1);
    await tree.load(loaders, errors);
    await closeAll(loaders);
    const connections = await openConnections(server, tree, each);
    const { address, http, pid } = server;
    const capacity = await measureCapacity(connections, sizes.seconds);
    const probe = await startProbe({ address, path: tree.path(1) });
    const bystanders = await startBystanders({
      address,
      http,
      pid,
      perTransport: BYSTANDERS_PER_TRANSPORT,
      timeoutMs: BYSTANDER_TIMEOUT_MS,
    });
    await delay(CALM_MS);
    await probe.take();
    await delay(CALM_MS);
    const calm = await probe.take();
    await bystanders.take();
    const offered = capacity * sizes["overload-factor"];
    const result = await flood(
      connections,
      offered,
      sizes["overload-seconds"],
      sizes["overload-unanswered"],
    );
    const during = await probe.take();
    const seen = await bystanders.take();
    await delay(CALM_MS);
    await probe.take();
    await delay(CALM_MS);
    const after = await probe.take();
    const outcome = { capacity, result, seen, calm, during, after, connections };
    reportFlood(name, `${each.name}:`, outcome, errors, report);
    await probe.stop();
    await bystanders.stop();
    for (const connection of connections) connection.destroy();
  } finally {
    await server.stop();
  }
}

interface Outcome {
  readonly capacity: number;
  readonly result: FloodResult;
  readonly seen: BystanderResult;
  readonly calm: ProbeResult;
  readonly during: ProbeResult;
  readonly after: ProbeResult;
  readonly connections: readonly FloodConnection[];
}

function reportFlood(
  name: ServerName,
  prefix: string,
  { capacity, result, seen, calm, during, after, connections }: Outcome,
  errors: ErrorLog,
  report: ReportBuilder,
): void {
  const lost = [...connections, during, after].flatMap(({ failure }) => failure ?? []);
  lost.push(...seen.failures);
  const unanswered = connections.reduce((sum, { outstanding }) => sum + outstanding, 0);
  if (unanswered > 0) lost.push(`${unanswered} requests were neither answered nor refused`);
  for (const failure of lost) errors.add(`${name}, ${prefix} ${failure}`);
  reportRates(name, prefix, capacity, result, report);
  reportMemory(name, prefix, seen, report);
  reportWaits(name, prefix, seen, report);
  const waits = [calm.p50Ms, during.p50Ms, during.maxMs, after.p50Ms].map((ms) => ms.toFixed(2));
  const what = `${prefix} another's getData, ms: p50 before / p50, longest during / p50 after`;
  report.measured(name, what, `${waits[0]} / ${waits[1]}, ${waits[2]} / ${waits[3]}`);
  if (name !== "edgekeeper") return;
  const ratio = after.p50Ms / calm.p50Ms;
  const goal = `${prefix} all answered or refused in order, no session lost`;
  report.goal(goal, lost.length === 0, lost[0] ?? "so it was");
  const isBack = ratio <= LATENCY_RATIO_MAX;
  report.goal(`${prefix} p50 is back within ${LATENCY_RATIO_MAX}`, isBack, ratio.toFixed(2));
}

async function openConnections(
  server: ScaleServer,
  tree: TestTree,
  { transport, requests }: Flood,
): Promise<FloodConnection[]> {
  const address =
    transport === "TCP" || server.http === undefined
      ? server.address
      : { ...server.http, webSocketPath: webSocketPathOf() };
  const channels = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => openSession(address)),
  );
  return channels.map((channel, index) => {
    const frames = requests(tree, index).map((request) => encodeRequestFrame(0, request));
    return new FloodConnection(channel, frames);
  });
}

function reportRates(
  name: ServerName,
  prefix: string,
  capacity: number,
  { offered, sent, answered, refused, elapsedMs, drainMs }: FloodResult,
  report: ReportBuilder,
): void {
  const rate = perSecond(offered, elapsedMs);
  report.measured(name, `${prefix} capacity, requests a second`, Math.round(capacity));
  report.measured(
    name,
    `${prefix} offered a second`,
    `${rate} (${(rate / capacity).toFixed(1)} times)`,
  );
  report.measured(
    name,
    `${prefix} not sent, for want of answers, of ${offered.toLocaleString("en-US")}`,
    offered - sent,
  );
  report.measured(name, `${prefix} answered a second`, perSecond(answered, elapsedMs + drainMs));
  report.measured(name, `${prefix} refused a second`, perSecond(refused, elapsedMs + drainMs));
  report.measured(name, `${prefix} ms to the last reply behind the overload`, Math.round(drainMs));
}

function perSecond(count: number, ms: number): number {
  return Math.round((count / ms) * 1000);
}

function reportMemory(
  name: ServerName,
  prefix: string,
  { rss }: BystanderResult,
  report: ReportBuilder,
): void {
  const half = Math.trunc(rss.length / 2);
  const [first, second] = [Math.max(...rss.slice(0, half)), Math.max(...rss.slice(half))];
  const text = [rss[0] ?? 0, first, second].map((bytes) => Math.round(bytes / MIB)).join(" / ");
  report.measured(name, `${prefix} resident MiB: first, peak of each half`, text);
  if (name !== "edgekeeper") return;
  const growth = Math.round((Math.max(first, second) - (rss[0] ?? 0)) / MIB);
  const what = `${prefix} memory grows by at most ${GROWTH_MIB_MAX} MiB`;
  report.goal(what, growth <= GROWTH_MIB_MAX, `${growth} MiB`);
}

function reportWaits(
  name: ServerName,
  prefix: string,
  { tcpMaxMs, webSocketMaxMs, ownMaxMs }: BystanderResult,
  report: ReportBuilder,
): void {
  const waits = [tcpMaxMs, webSocketMaxMs, ownMaxMs].map((ms) => ms.toFixed(0)).join(" / ");
  report.measured(
    name,
    `${prefix} heartbeats' longest wait, ms: TCP / WebSocket / own thread`,
    waits,
  );
  if (name !== "edgekeeper") return;
  const longest = Math.max(tcpMaxMs, webSocketMaxMs);
  report.goal(
    `${prefix} a heartbeat waits at most ${Math.round(HEARTBEAT_WAIT_MS_MAX)} ms`,
    longest <= HEARTBEAT_WAIT_MS_MAX,
    `${longest.toFixed(0)} ms`,
  );
}
