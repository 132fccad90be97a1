/**
 * The load of a scenario on the echoing server: frames as large as its requests, as deep.
 */
import { LoadConnection } from "../load/load-connection.ts";
import type { LoadPlan } from "../load/load-plan.ts";
import type { ControlSession, LoadDriver, PlanMaker } from "../load/load-scenario.ts";
import { connectTcp } from "../tcp-channel.ts";
import { EchoWorkload } from "./echo-workload.ts";

/** There is nothing around the load. */
const noControl: ControlSession = { close: () => Promise.resolve(), destroy: () => {} };

export const echoDriver: LoadDriver<ControlSession> = {
  openControl: () => Promise.resolve(noControl),
  openConnection: async ({ address }) => new EchoConnection(await connectTcp(address)),
};

/** It has no session that could be closed. */
class EchoConnection extends LoadConnection {
  override close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }
}

/** Echoes frames of the size of those that `plan` would send. */
export function echoPlan<Control>(plan: PlanMaker<Control>): PlanMaker<ControlSession> {
  return (root, connections): LoadPlan<ControlSession> => ({
    workloads: plan(root, connections).workloads.map(
      ({ frameBytesMax }) => new EchoWorkload(frameBytesMax),
    ),
    prepare: () => Promise.resolve(),
    verify: () => Promise.resolve(),
    clean: () => Promise.resolve(),
  });
}
