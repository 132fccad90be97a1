/**
 * A parent with a hundred thousand children: while they are created, listed and deleted, another session's small
 * requests must go on.
 */
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { ErrorLog } from "../../error-log.ts";
import type { ServerName } from "../server-name.ts";
import { OPEN_ACL, znodeData, znodeName } from "../../znode.ts";
import type { ClientSession } from "../../client-session.ts";
import { type Job, runJobs } from "../pipeline.ts";
import { type Probe, startProbe } from "../probe/probe.ts";
import { openTcpSession } from "../sessions.ts";
import { type PartContext, ReportBuilder, type ScalePart } from "../scale-part.ts";
import { type ScaleServer, startScaleServer } from "../scale-server.ts";

const PARENT = "/parent";
const PROBED = "/probed";
const IN_FLIGHT = 256;
const LISTS = 5;
const IDLE_MS = 2_000;
/** The probe watches on for a moment: a server may have something to do behind its last reply. */
const AFTERMATH_MS = 300;
const STALL_MS_MAX = 50;

export const children: ScalePart = {
  name: "children",
  run: async (context) => {
    const report = new ReportBuilder();
    for (const name of context.servers) await measureServer(name, context, report);
    report.note(
      "milliseconds that the whole took; then p50 / p99 / longest of another session's getData meanwhile",
    );
    const count = context.sizes.children.toLocaleString("en-US");
    return report.build("children", `${count} children of one parent`);
  },
};

async function measureServer(
  name: ServerName,
  { sizes, errors, onProgress }: PartContext,
  report: ReportBuilder,
): Promise<void> {
  const server = await startScaleServer(name, { heapMb: sizes["heap-mb"] });
  try {
    const run = new ChildrenRun(server, sizes.children, errors, report);
    await run.prepare();
    await run.connect();
    await run.phase("nothing", () => delay(IDLE_MS));
    await run.phase("create", () => run.create());
    await run.phase("first list", () => run.list());
    await run.phase(`list, ${LISTS} times`, async () => {
      for (let i = 0; i < LISTS; i++) await run.list();
    });
    onProgress(`${name}: created and listed`);
    await run.disconnect();
    await server.kill();
    await server.start();
    await run.connect();
    await run.phase("first list after a restart", () => run.list());
    await run.phase("create and delete one, then list", () => run.changeAndList());
    await run.phase("delete", () => run.delete());
    await run.disconnect();
    if (name === "edgekeeper") {
      const { worst } = run;
      const goal = `no stall above ${STALL_MS_MAX} ms`;
      report.goal(
        goal,
        worst.maxMs <= STALL_MS_MAX,
        `${worst.maxMs.toFixed(1)} ms (${worst.what})`,
      );
    }
  } finally {
    await server.stop();
  }
}

class ChildrenRun {
  /** The longest wait of the probe in any phase. */
  worst = { what: "nothing", maxMs: 0 };
  readonly #server: ScaleServer;
  readonly #count: number;
  readonly #errors: ErrorLog;
  readonly #report: ReportBuilder;
  #session: ClientSession | undefined;
  #probe: Probe | undefined;

  constructor(server: ScaleServer, count: number, errors: ErrorLog, report: ReportBuilder) {
    this.#server = server;
    this.#count = count;
    this.#errors = errors;
    this.#report = report;
  }

  async prepare(): Promise<void> {
    const session = await openTcpSession(this.#server.address);
    const data = znodeData(0, 0);
    for (const path of [PARENT, PROBED]) {
      await session.request({ type: OpCode.create, path, data, acl: OPEN_ACL, flags: 0 });
    }
    await session.close();
  }

  async connect(): Promise<void> {
    this.#session = await openTcpSession(this.#server.address);
    this.#probe = await startProbe({ address: this.#server.address, path: PROBED });
  }

  async disconnect(): Promise<void> {
    await this.#probe?.stop();
    await this.#session?.close();
  }

  async phase(what: string, act: () => Promise<void>): Promise<void> {
    const { name } = this.#server;
    await this.#probe?.take();
    const startedMs = performance.now();
    await act();
    const tookMs = performance.now() - startedMs;
    await delay(AFTERMATH_MS);
    const seen = await this.#probe?.take();
    if (seen === undefined) return;
    if (seen.failure !== undefined) this.#errors.add(`${name}, ${what}: ${seen.failure}`);
    const waits = [seen.p50Ms, seen.p99Ms, seen.maxMs].map((ms) => ms.toFixed(2)).join(" / ");
    this.#report.measured(name, what, `${Math.round(tookMs)}: ${waits}`);
    this.#report.measured(name, `  the probe's own thread, ${what}`, seen.ownMaxMs);
    if (seen.maxMs > this.worst.maxMs) this.worst = { what, maxMs: seen.maxMs };
  }

  async create(): Promise<void> {
    await this.#forEachChild((path, index) => ({
      type: OpCode.create,
      path,
      data: znodeData(index, 0),
      acl: OPEN_ACL,
      flags: 0,
    }));
  }

  async delete(): Promise<void> {
    await this.#forEachChild((path) => ({ type: OpCode.delete, path, version: 0 }));
    const { stat } = await this.#client.request({
      type: OpCode.getData,
      path: PARENT,
      watch: false,
    });
    if (stat.numChildren !== 0) this.#errors.add(`${stat.numChildren} children are left`);
    await this.#client.request({ type: OpCode.delete, path: PARENT, version: -1 });
  }

  /** Asks for the list and compares it with what was created. */
  async list(): Promise<void> {
    const request = { type: OpCode.getChildren, path: PARENT, watch: false } as const;
    const { children: names } = await this.#client.request(request);
    const found = new Set(names);
    let missing = 0;
    for (let i = 0; i < this.#count; i++) if (!found.has(znodeName(i))) missing += 1;
    if (names.length !== this.#count || missing > 0) {
      this.#errors.add(`a list of ${names.length} lacks ${missing} of ${this.#count} children`);
    }
  }

  async changeAndList(): Promise<void> {
    const path = `${PARENT}/another`;
    const data = znodeData(0, 0);
    for (let i = 0; i < LISTS; i++) {
      await this.#client.request({ type: OpCode.create, path, data, acl: OPEN_ACL, flags: 0 });
      await this.#client.request({ type: OpCode.delete, path, version: 0 });
      await this.list();
    }
  }

  get #client(): ClientSession {
    if (this.#session === undefined) throw new Error("not connected");
    return this.#session;
  }

  async #forEachChild(
    makeRequest: (path: string, index: number) => ReturnType<Job["request"]>,
  ): Promise<void> {
    const job: Job = {
      request: (index) =>
        index < this.#count ? makeRequest(`${PARENT}/${znodeName(index)}`, index) : undefined,
      check: (index, { err }) =>
        err === 0 ? undefined : `child ${index} was answered with error ${err}`,
    };
    const options = { inFlight: IN_FLIGHT, errors: this.#errors };
    const answered = await runJobs([this.#client], [job], options);
    if (answered !== this.#count) this.#errors.add(`${answered} of ${this.#count} were answered`);
  }
}
