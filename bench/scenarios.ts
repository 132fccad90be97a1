/**
 * The scenarios, in the order in which they run. A goal is the ratio to a real ZooKeeper that the project asks for.
 */
import type { ControlClient } from "./control-client.ts";
import { CreatePlan } from "./load/create-plan.ts";
import { loadRun, type LoadShape, type PlanMaker } from "./load/load-scenario.ts";
import { zookeeperDriver } from "./load/zookeeper-driver.ts";
import { ZnodesPlan } from "./load/znodes-plan.ts";
import { type Goals, operationsPerSecond, type Scenario } from "./scenario.ts";

type ZooKeeperPlan = PlanMaker<ControlClient>;

const create: ZooKeeperPlan = (root, connections) => new CreatePlan(root, connections);
const setData: ZooKeeperPlan = (root, connections) => new ZnodesPlan(root, connections, true);
const getData: ZooKeeperPlan = (root, connections) => new ZnodesPlan(root, connections, false);

const pipelined = { connections: 8, inFlight: 32 };
const wide = { connections: 64, inFlight: 1 };
const serial = { connections: 1, inFlight: 1 };

interface LoadOptions {
  readonly name: string;
  readonly title: string;
  readonly shape: LoadShape;
  readonly plan: ZooKeeperPlan;
  readonly goals: Goals;
}

/** A scenario of one kind of request, kept up at one depth. */
function load({ name, title, shape, plan, goals }: LoadOptions): Scenario {
  return {
    name,
    title: `${title}, ${shape.connections} x ${shape.inFlight}`,
    figure: operationsPerSecond,
    goals,
    limitsP99: shape.connections > 1 && shape.inFlight > 1,
    runs: { zookeeper: loadRun(zookeeperDriver, shape, plan) },
  };
}

export const scenarios: readonly Scenario[] = [
  load({
    name: "create",
    title: "create",
    shape: pipelined,
    plan: create,
    goals: { zookeeper: 1.5 },
  }),
  load({
    name: "setData",
    title: "setData",
    shape: pipelined,
    plan: setData,
    goals: { zookeeper: 1.5 },
  }),
  load({
    name: "getData",
    title: "getData",
    shape: pipelined,
    plan: getData,
    goals: { zookeeper: 2 },
  }),
  load({
    name: "setData-wide",
    title: "setData",
    shape: wide,
    plan: setData,
    goals: { zookeeper: 0.7, echo: 0.7 },
  }),
  load({
    name: "getData-wide",
    title: "getData",
    shape: wide,
    plan: getData,
    goals: { zookeeper: 0.8, echo: 0.8 },
  }),
  load({
    name: "create-serial",
    title: "create",
    shape: serial,
    plan: create,
    goals: { zookeeper: 1 },
  }),
  load({ name: "setData-serial", title: "setData", shape: serial, plan: setData, goals: {} }),
  load({
    name: "getData-serial",
    title: "getData",
    shape: serial,
    plan: getData,
    goals: { zookeeper: 1 },
  }),
];

/** Not a scenario of load: the rows that Edgekeeper writes per operation. Its name stands beside theirs. */
export const ROWS_SCENARIO = "rows";

export const scenarioNames: readonly string[] = [
  ...scenarios.map(({ name }) => name),
  ROWS_SCENARIO,
];
