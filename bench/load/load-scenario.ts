/**
 * A scenario that keeps a number of connections busy for a while: prepare, load, verify, remove.
 */
import { ControlClient } from "../control-client.ts";
import { LoadConnection } from "./load-connection.ts";
import type { LoadPlan } from "./load-plan.ts";
import { type LoadResult, runLoad } from "./load-run.ts";
import { processorSeconds } from "../process-usage.ts";
import type { Measurement, Scenario } from "../scenario.ts";
import type { Server } from "../servers.ts";

export interface LoadScenarioOptions {
  readonly name: string;
  readonly title: string;
  readonly connections: number;
  readonly inFlight: number;
  readonly goal?: number;
  readonly plan: (root: string, connections: number) => LoadPlan;
}

export class LoadScenario implements Scenario {
  readonly name: string;
  readonly title: string;
  readonly goal: number | undefined;
  readonly #options: LoadScenarioOptions;

  constructor(options: LoadScenarioOptions) {
    this.name = options.name;
    this.title = options.title;
    this.goal = options.goal;
    this.#options = options;
  }

  async measure(server: Server, root: string, seconds: number): Promise<Measurement> {
    const control = await ControlClient.open(server.address);
    const connections: LoadConnection[] = [];
    try {
      const opening = Array.from({ length: this.#options.connections }, async () => {
        connections.push(await LoadConnection.open(server.address));
      });
      await Promise.all(opening);
      const plan = this.#options.plan(root, connections.length);
      const measurement = await this.#load(server, plan, control, connections, seconds);
      await Promise.all(connections.map((connection) => connection.close()));
      await control.close();
      return measurement;
    } finally {
      for (const connection of connections) connection.destroy();
      control.destroy();
    }
  }

  async #load(
    server: Server,
    plan: LoadPlan,
    control: ControlClient,
    connections: readonly LoadConnection[],
    seconds: number,
  ): Promise<Measurement> {
    await plan.prepare(control);
    const amount = { inFlight: this.#options.inFlight, seconds };
    const before = server.pid === undefined ? undefined : await processorSeconds(server.pid);
    const result = await runLoad(connections, plan.workloads, amount);
    const after = server.pid === undefined ? undefined : await processorSeconds(server.pid);
    // What is verified after an error would only repeat it.
    if (result.errors.count === 0) {
      await plan.verify(control, result.operations, result.errors);
      await plan.clean(control, connections, result.operations);
    }
    const serverSeconds = before === undefined || after === undefined ? undefined : after - before;
    return measurementOf(result, serverSeconds);
  }
}

function measurementOf(result: LoadResult, serverSeconds: number | undefined): Measurement {
  const operations = result.operations.reduce((sum, count) => sum + count, 0);
  if (operations === 0) result.errors.add("not one operation was answered");
  return {
    operations,
    opsPerSecond: (operations / result.elapsedMs) * 1000,
    p50Ms: result.latencies.percentileMs(0.5),
    p99Ms: result.latencies.percentileMs(0.99),
    generatorBusy: result.generatorBusy,
    serverUsPerOp: serverSeconds === undefined ? undefined : (serverSeconds * 1e6) / operations,
    errors: result.errors,
  };
}
