/**
 * A hundred thousand watches, of which a thousand fire at once.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { SetDataRequest } from "../../../src/protocol/requests.ts";
import type { ErrorLog } from "../../error-log.ts";
import type { ServerName } from "../server-name.ts";
import { readCounters } from "../../cost/counters.ts";
import { median } from "../../statistics.ts";
import { znodeData } from "../../znode.ts";
import { ClientSession } from "../../client-session.ts";
import { TCP_NAMESPACE, webSocketPathOf } from "../../namespace.ts";
import { connectWebSocket } from "../../web-socket-channel.ts";
import { type Probe, startProbe } from "../probe/probe.ts";
import { closeAll, openTcpSession, openTcpSessions } from "../sessions.ts";
import { type PartContext, ReportBuilder, type ScalePart } from "../scale-part.ts";
import { type ScaleServer, startScaleServer } from "../scale-server.ts";
import { readRss } from "../server-memory.ts";
import { TestTree } from "../tree/test-tree.ts";
import { Watcher } from "./watcher.ts";

const ROOT = "/watched";
const ROUNDS = 5;
const SETTLE_MS = 1_000;
/** Warm-up reads that are as many as the watches: what they leave in the server's memory is not the watches'. */
const WARM_UP_READS = 2;

export const watches: ScalePart = {
  name: "watches",
  run: async (context) => {
    const { sizes, servers, errors } = context;
    const report = new ReportBuilder();
    for (const name of servers) {
      const before = errors.count;
      await measureServer(name, context, report);
      const wrong = errors.count - before;
      report.goal(
        `${name}: every watcher got its events, in order, before it read`,
        wrong === 0,
        `${wrong} errors`,
      );
    }
    report.note(
      "Edgekeeper: half of the sessions over TCP, half over WebSockets; ZooKeeper: all over TCP",
    );
    report.note(`the median of ${ROUNDS} rounds, and the slowest`);
    const total = (sizes.watchers * sizes.watches).toLocaleString("en-US");
    return report.build(
      "watches",
      `${total} watches, ${sizes.watchers * sizes.fired} fire at once`,
    );
  },
};

async function measureServer(
  name: ServerName,
  { sizes, errors, onProgress }: PartContext,
  report: ReportBuilder,
): Promise<void> {
  const server = await startScaleServer(name, { heapMb: sizes["heap-mb"] });
  try {
    const tree = new TestTree(ROOT, sizes.watchers * sizes.watches);
    const loaders = await openTcpSessions(server.address, 2);
    await tree.load(loaders, errors);
    await closeAll(loaders);
    const groups = await openWatchers(server, tree, sizes, errors);
    const probe = await startProbe({ address: server.address, path: ROOT });
    for (const { transport, watchers } of groups) {
      await arm(server, transport, watchers, probe, report);
    }
    onProgress(`${name}: watches are set`);
    const watchers = groups.flatMap((group) => group.watchers);
    const writer = await openTcpSession(server.address);
    const run = new FiringRun(name, watchers, writer, probe, report);
    await run.measure("one multi", sizes.fired, (sets) => fireByMulti(writer, sets));
    await run.measure("a pipelined burst", sizes.fired, (sets) => fireByBurst(writer, sets));
    await probe.stop();
    await closeAll([writer, ...watchers.map(({ session }) => session)]);
  } finally {
    await server.stop();
  }
}

interface WatcherGroup {
  readonly transport: string;
  readonly watchers: readonly Watcher[];
}

async function openWatchers(
  { name, address, http }: ScaleServer,
  tree: TestTree,
  sizes: PartContext["sizes"],
  errors: ErrorLog,
): Promise<WatcherGroup[]> {
  const all = Array.from({ length: sizes.watchers }, async (_, index) => {
    const transport = http !== undefined && index % 2 === 1 ? "WebSockets" : "TCP";
    const session =
      http !== undefined && transport === "WebSockets"
        ? await ClientSession.open(await connectWebSocket(http, webSocketPathOf()))
        : await openTcpSession(address);
    const first = index * sizes.watches;
    const paths = Array.from({ length: sizes.watches }, (__, znode) => tree.path(first + znode));
    return { transport, watcher: new Watcher(`${name}, watcher ${index}`, session, paths, errors) };
  });
  const opened = await Promise.all(all);
  return ["TCP", "WebSockets"].map((wanted) => ({
    transport: wanted,
    watchers: opened.filter(({ transport }) => transport === wanted).map(({ watcher }) => watcher),
  }));
}

/** Sets the watches of a group, and reports what they cost. */
async function arm(
  server: ScaleServer,
  transport: string,
  watchers: readonly Watcher[],
  probe: Probe,
  report: ReportBuilder,
): Promise<void> {
  if (watchers.length === 0) return;
  const readAll = async (watch: boolean): Promise<void> => {
    await Promise.all(watchers.map((watcher) => watcher.read(watcher.paths, watch)));
  };
  for (let i = 0; i < WARM_UP_READS; i++) await readAll(false);
  await delay(SETTLE_MS);
  const count = watchers.reduce((sum, { paths }) => sum + paths.length, 0);
  const rows = async (): Promise<number> =>
    server.http === undefined ? 0 : (await readCounters(server.http, TCP_NAMESPACE)).rowsWritten;
  const [rssBefore, rowsBefore] = [await readRss(server.pid), await rows()];
  await probe.take();
  const startedMs = performance.now();
  await readAll(true);
  const tookMs = performance.now() - startedMs;
  const { maxMs } = await probe.take();
  await delay(SETTLE_MS);
  const bytes = ((await readRss(server.pid)) - rssBefore) / count;
  report.measured(
    server.name,
    `watches set a second, over ${transport}`,
    Math.round((count / tookMs) * 1000),
  );
  report.measured(
    server.name,
    `bytes of server memory a watch, over ${transport}`,
    Math.round(bytes),
  );
  report.measured(
    server.name,
    `longest wait of another session meanwhile, ms, ${transport}`,
    maxMs,
  );
  if (server.http === undefined) return;
  report.measured(
    server.name,
    `rows written a watch, over ${transport}`,
    ((await rows()) - rowsBefore) / count,
  );
}

class FiringRun {
  readonly #name: ServerName;
  readonly #watchers: readonly Watcher[];
  readonly #writer: ClientSession;
  readonly #probe: Probe;
  readonly #report: ReportBuilder;
  #version = 0;

  constructor(
    name: ServerName,
    watchers: readonly Watcher[],
    writer: ClientSession,
    probe: Probe,
    report: ReportBuilder,
  ) {
    this.#name = name;
    this.#watchers = watchers;
    this.#writer = writer;
    this.#probe = probe;
    this.#report = report;
  }

  async measure(
    how: string,
    fired: number,
    fire: (sets: readonly SetDataRequest[]) => Promise<void>,
  ): Promise<void> {
    const times: number[] = [];
    let longestMs = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await this.#probe.take();
      times.push(await this.#fireOnce(fired, fire));
      longestMs = Math.max(longestMs, (await this.#probe.take()).maxMs);
    }
    const text = `${median(times).toFixed(1)}, ${Math.max(...times).toFixed(1)}`;
    this.#report.measured(this.#name, `${how}: ms to the last event`, text);
    this.#report.measured(this.#name, `${how}: longest wait of another session, ms`, longestMs);
  }

  /** Returns the milliseconds from the first write to the last event. */
  async #fireOnce(
    fired: number,
    fire: (sets: readonly SetDataRequest[]) => Promise<void>,
  ): Promise<number> {
    this.#version += 1;
    const paths = this.#watchers.map((watcher) => watcher.paths.slice(0, fired));
    this.#watchers.forEach((watcher, index) => watcher.expect(paths[index] as string[]));
    const data = znodeData(this.#version, 0);
    // Of every watcher the first, then of every one the second, and so on.
    const sets = Array.from({ length: fired }, (_, znode) =>
      paths.map((own): SetDataRequest => {
        return { type: OpCode.setData, path: own[znode] as string, data, version: -1 };
      }),
    ).flat();
    const startedMs = performance.now();
    const firing = fire(sets);
    await Promise.all(this.#watchers.map((watcher) => watcher.readWhileFiring(this.#version)));
    await firing;
    await Promise.all(this.#watchers.map((watcher) => watcher.readAfterFiring(this.#version)));
    const lastMs = Math.max(...this.#watchers.map(({ lastEventMs }) => lastEventMs));
    await Promise.all(
      this.#watchers.map((watcher, index) => watcher.read(paths[index] as string[], true)),
    );
    if (this.#writer.ended !== undefined) throw new Error(this.#writer.ended);
    return lastMs - startedMs;
  }
}

async function fireByMulti(writer: ClientSession, sets: readonly SetDataRequest[]): Promise<void> {
  const { results } = await writer.request({ type: OpCode.multi, ops: sets });
  const wrong = results.find(({ type }) => type !== OpCode.setData);
  if (wrong !== undefined) throw new Error("the multi failed");
}

async function fireByBurst(writer: ClientSession, sets: readonly SetDataRequest[]): Promise<void> {
  await Promise.all(
    sets.map(
      (set) =>
        new Promise<void>((resolve, reject) =>
          writer.send(
            set,
            ({ err }) => (err === 0 ? resolve() : reject(new Error(`setData: error ${err}`))),
            reject,
          ),
        ),
    ),
  );
}
