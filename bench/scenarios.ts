/**
 * The scenarios, in the order in which they run. A goal is the ratio to a real ZooKeeper that the project asks for.
 */
import { CreatePlan } from "./load/create-plan.ts";
import type { LoadPlan } from "./load/load-plan.ts";
import { LoadScenario } from "./load/load-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { ZnodesPlan } from "./load/znodes-plan.ts";

type PlanMaker = (root: string, connections: number) => LoadPlan;

const create: PlanMaker = (root, connections) => new CreatePlan(root, connections);
const setData: PlanMaker = (root, connections) => new ZnodesPlan(root, connections, true);
const getData: PlanMaker = (root, connections) => new ZnodesPlan(root, connections, false);

const pipelined = { connections: 8, inFlight: 32 };
const wide = { connections: 64, inFlight: 1 };
const serial = { connections: 1, inFlight: 1 };

export const scenarios: readonly Scenario[] = [
  new LoadScenario({
    name: "create",
    title: "create, 8 x 32",
    ...pipelined,
    goal: 0.9,
    plan: create,
  }),
  new LoadScenario({
    name: "setData",
    title: "setData, 8 x 32",
    ...pipelined,
    goal: 0.9,
    plan: setData,
  }),
  new LoadScenario({
    name: "getData",
    title: "getData, 8 x 32",
    ...pipelined,
    goal: 1.5,
    plan: getData,
  }),
  new LoadScenario({ name: "setData-wide", title: "setData, 64 x 1", ...wide, plan: setData }),
  new LoadScenario({ name: "getData-wide", title: "getData, 64 x 1", ...wide, plan: getData }),
  new LoadScenario({ name: "create-serial", title: "create, 1 x 1", ...serial, plan: create }),
  new LoadScenario({ name: "getData-serial", title: "getData, 1 x 1", ...serial, plan: getData }),
];

/** Not a scenario of load: the rows that Edgekeeper writes per operation. Its name stands beside theirs. */
export const ROWS_SCENARIO = "rows";

export const scenarioNames: readonly string[] = [
  ...scenarios.map(({ name }) => name),
  ROWS_SCENARIO,
];
