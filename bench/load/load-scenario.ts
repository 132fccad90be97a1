/**
 * A scenario that keeps a number of connections busy for a while: prepare, load, verify, remove.
 */
import { measurementOf, meter } from "../meter.ts";
import type { Run } from "../scenario.ts";
import type { Server } from "../servers.ts";
import type { LoadPlan } from "./load-plan.ts";
import { runLoad } from "./load-run.ts";
import type { LoadTarget } from "./load-target.ts";

export interface LoadShape {
  readonly connections: number;
  /** Of each connection. */
  readonly inFlight: number;
}

/** How one protocol opens what a load needs. */
export interface LoadDriver<Control extends ControlSession> {
  /** For everything around the load. */
  openControl(server: Server): Promise<Control>;
  openConnection(server: Server): Promise<LoadTarget>;
}

export interface ControlSession {
  close(): Promise<void>;
  destroy(): void;
}

/** Makes the plan of one run for this many connections. */
export type PlanMaker<Control> = (root: string, connections: number) => LoadPlan<Control>;

export function loadRun<Control extends ControlSession>(
  driver: LoadDriver<Control>,
  shape: LoadShape,
  makePlan: PlanMaker<Control>,
): Run {
  return async (server, root, seconds) => {
    const control = await driver.openControl(server);
    const connections: LoadTarget[] = [];
    try {
      const opening = Array.from({ length: shape.connections }, async () => {
        connections.push(await driver.openConnection(server));
      });
      await Promise.all(opening);
      const plan = makePlan(root, connections.length);
      await plan.prepare(control);
      const amount = { inFlight: shape.inFlight, seconds };
      const metered = await meter(server, () => runLoad(connections, plan.workloads, amount));
      const { operations, errors } = metered.result;
      // What is verified after an error would only repeat it.
      if (errors.count === 0) {
        await plan.verify(control, operations, errors);
        await plan.clean(control, connections, operations);
      }
      await Promise.all(connections.map((connection) => connection.close()));
      await control.close();
      const total = operations.reduce((sum, count) => sum + count, 0);
      return measurementOf(metered, total, metered.result);
    } finally {
      for (const connection of connections) connection.destroy();
      control.destroy();
    }
  };
}
