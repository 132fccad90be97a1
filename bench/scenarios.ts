/**
 * The scenarios, in the order in which they run. A goal is the ratio to a real ZooKeeper, or to the runtime's echo, that
 * the project asks for.
 */
import type { ControlClient } from "./control-client.ts";
import { echoDriver, echoPlan } from "./echo/echo-driver.ts";
import type { EtcdControl } from "./etcd/etcd-control.ts";
import { etcdFanOut } from "./etcd/etcd-fan-out.ts";
import { etcdLockRun } from "./etcd/etcd-lock.ts";
import { EtcdCreatePlan, etcdDriver, EtcdZnodesPlan } from "./etcd/etcd-plans.ts";
import { ChildrenPlan } from "./load/children-plan.ts";
import { CreatePlan } from "./load/create-plan.ts";
import { loadRun, type LoadShape, type PlanMaker } from "./load/load-scenario.ts";
import { MULTI_CREATES } from "./load/multi-workload.ts";
import { zookeeperDriver } from "./load/zookeeper-driver.ts";
import { ZnodesPlan } from "./load/znodes-plan.ts";
import { LOCK_CLIENTS } from "./recipes/contention.ts";
import { zookeeperFanOut } from "./recipes/fan-out-driver.ts";
import { fanOutRun, WATCHERS } from "./recipes/fan-out-run.ts";
import { lockRun } from "./recipes/lock-run.ts";
import { CROWD, sessionsRun } from "./recipes/sessions-run.ts";
import { type Figure, type Goals, operationsPerSecond, type Scenario } from "./scenario.ts";

/** What connections do all the time, and the closest that etcd has. */
interface Load {
  readonly title: string;
  readonly plan: PlanMaker<ControlClient>;
  readonly etcd?: PlanMaker<EtcdControl>;
  readonly figure?: Figure;
}

const create: Load = {
  title: "create",
  plan: (root, connections) => new CreatePlan(root, connections),
  etcd: (root, connections) => new EtcdCreatePlan(root, connections),
};
const setData: Load = {
  title: "setData",
  plan: (root, connections) => new ZnodesPlan(root, connections, "all"),
  etcd: (root, connections) => new EtcdZnodesPlan(root, connections, "all"),
};
const getData: Load = {
  title: "getData",
  plan: (root, connections) => new ZnodesPlan(root, connections, "none"),
  etcd: (root, connections) => new EtcdZnodesPlan(root, connections, "none"),
};
const mix: Load = {
  title: "9 getData : 1 setData",
  plan: (root, connections) => new ZnodesPlan(root, connections, "tenth"),
  etcd: (root, connections) => new EtcdZnodesPlan(root, connections, "tenth"),
};
const multi: Load = {
  title: `multi of ${MULTI_CREATES} creates`,
  plan: (root, connections) => new CreatePlan(root, connections, true),
  etcd: (root, connections) => new EtcdCreatePlan(root, connections, MULTI_CREATES),
  figure: { ...operationsPerSecond, unit: "multi/s" },
};
const getChildren: Load = {
  title: "getChildren of 10,000",
  plan: (root, connections) => new ChildrenPlan(root, connections),
};

/** Keeps one load up at one depth. One request at a time is measured on the echoing server as well, where it says so. */
function load(
  name: string,
  { title, plan, etcd, figure = operationsPerSecond }: Load,
  shape: LoadShape,
  goals: Goals,
  { echoes = false } = {},
): Scenario {
  return {
    name,
    title: `${title}, ${shape.connections} x ${shape.inFlight}`,
    figure,
    goals,
    limitsP99: shape.inFlight > 1,
    runs: {
      zookeeper: loadRun(zookeeperDriver, shape, plan),
      ...(echoes && { echo: loadRun(echoDriver, shape, echoPlan(plan)) }),
      ...(etcd && { etcd: loadRun(etcdDriver, shape, etcd) }),
    },
  };
}

/** Connections x requests in flight on each. */
const pipelined = { connections: 8, inFlight: 32 };
const multis = { connections: 8, inFlight: 8 };
const wide = { connections: 64, inFlight: 1 };
const serial = { connections: 1, inFlight: 1 };
const listers = { connections: 8, inFlight: 1 };

const echoes = { echoes: true };

/** Those that consist of requests which do not depend on each other. */
export const loads: readonly Scenario[] = [
  load("create", create, pipelined, { zookeeper: 1.5 }),
  load("setData", setData, pipelined, { zookeeper: 1.5 }),
  load("getData", getData, pipelined, { zookeeper: 2 }),
  load("mix", mix, pipelined, { zookeeper: 1.7 }),
  load("multi", multi, multis, { zookeeper: 1.5 }),
  load("setData-wide", setData, wide, { zookeeper: 0.7, echo: 0.7 }, echoes),
  load("getData-wide", getData, wide, { zookeeper: 0.8, echo: 0.8 }, echoes),
  load("create-serial", create, serial, { zookeeper: 1 }, echoes),
  load("setData-serial", setData, serial, {}, echoes),
  load("getData-serial", getData, serial, { zookeeper: 1 }, echoes),
  load("getChildren", getChildren, listers, { zookeeper: 1 }),
];

/** What is more than one kind of request. */
const recipes: readonly Scenario[] = [
  {
    name: "fan-out",
    title: `${WATCHERS} sessions see a change`,
    figure: { unit: "ms", better: "lower", digits: 2 },
    goals: { zookeeper: 1.5 },
    limitsP99: false,
    runs: { zookeeper: fanOutRun(zookeeperFanOut), etcd: fanOutRun(etcdFanOut) },
  },
  {
    name: "lock",
    title: `lock, ${LOCK_CLIENTS} clients`,
    figure: { ...operationsPerSecond, unit: "hand-off/s" },
    goals: { zookeeper: 1.2 },
    limitsP99: false,
    runs: { zookeeper: lockRun, etcd: etcdLockRun },
  },
  {
    name: "sessions",
    title: `${CROWD} sessions come and go`,
    figure: { ...operationsPerSecond, unit: "session/s" },
    goals: { zookeeper: 1 },
    limitsP99: false,
    runs: { zookeeper: sessionsRun },
  },
];

export const scenarios: readonly Scenario[] = [...loads, ...recipes];

/** Not a scenario of load: what operations of Edgekeeper cost. Its name stands beside theirs. */
export const COST_SCENARIO = "cost";

export const scenarioNames: readonly string[] = [
  ...scenarios.map(({ name }) => name),
  COST_SCENARIO,
];
