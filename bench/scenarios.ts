/**
 * The scenarios, in the order in which they run. A goal is the ratio to a real ZooKeeper that the project asks for.
 */
import type { ControlClient } from "./control-client.ts";
import { echoDriver, echoPlan } from "./echo/echo-driver.ts";
import type { EtcdControl } from "./etcd/etcd-control.ts";
import { EtcdCreatePlan, etcdDriver, EtcdZnodesPlan } from "./etcd/etcd-plans.ts";
import { ChildrenPlan } from "./load/children-plan.ts";
import { CreatePlan } from "./load/create-plan.ts";
import { loadRun, type LoadShape, type PlanMaker } from "./load/load-scenario.ts";
import { MULTI_CREATES } from "./load/multi-workload.ts";
import { zookeeperDriver } from "./load/zookeeper-driver.ts";
import { ZnodesPlan } from "./load/znodes-plan.ts";
import { fanOutRun, WATCHERS } from "./recipes/fan-out-run.ts";
import { LOCK_CLIENTS, lockRun } from "./recipes/lock-run.ts";
import { CROWD, sessionsRun } from "./recipes/sessions-run.ts";
import {
  type Figure,
  type Goals,
  operationsPerSecond,
  type Run,
  type Scenario,
} from "./scenario.ts";

type EtcdPlan = PlanMaker<EtcdControl>;
type ZooKeeperPlan = PlanMaker<ControlClient>;

const create: ZooKeeperPlan = (root, connections) => new CreatePlan(root, connections);
const setData: ZooKeeperPlan = (root, connections) => new ZnodesPlan(root, connections, "all");
const getData: ZooKeeperPlan = (root, connections) => new ZnodesPlan(root, connections, "none");
const mix: ZooKeeperPlan = (root, connections) => new ZnodesPlan(root, connections, "tenth");
const multi: ZooKeeperPlan = (root, connections) => new CreatePlan(root, connections, true);
const getChildren: ZooKeeperPlan = (root, connections) => new ChildrenPlan(root, connections);

const pipelined = { connections: 8, inFlight: 32 };
const multis = { connections: 8, inFlight: 8 };
const listers = { connections: 8, inFlight: 1 };
const wide = { connections: 64, inFlight: 1 };
const serial = { connections: 1, inFlight: 1 };

const etcdPut: EtcdPlan = (root, connections) => new EtcdCreatePlan(root, connections);
const etcdSet: EtcdPlan = (root, connections) => new EtcdZnodesPlan(root, connections, "all");
const etcdGet: EtcdPlan = (root, connections) => new EtcdZnodesPlan(root, connections, "none");
const etcdMix: EtcdPlan = (root, connections) => new EtcdZnodesPlan(root, connections, "tenth");
const etcdTxn: EtcdPlan = (root, connections) =>
  new EtcdCreatePlan(root, connections, MULTI_CREATES);

interface LoadOptions {
  readonly figure?: Figure;
  /** Measured on the echoing server as well. */
  readonly echoes?: boolean;
  /** The closest that etcd has. */
  readonly etcd?: EtcdPlan;
}

/** A scenario of one kind of request, kept up at one depth. */
function load(
  name: string,
  what: string,
  shape: LoadShape,
  plan: ZooKeeperPlan,
  goals: Goals,
  { figure = operationsPerSecond, echoes = false, etcd }: LoadOptions = {},
): Scenario {
  return {
    name,
    title: `${what}, ${shape.connections} x ${shape.inFlight}`,
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

/** One that is more than one kind of request; it opens what it needs itself. */
function recipe(name: string, title: string, figure: Figure, run: Run, goals: Goals): Scenario {
  return { name, title, figure, goals, limitsP99: false, runs: { zookeeper: run } };
}

const millisecondsToLast: Figure = { unit: "ms", better: "lower", digits: 2 };
const handOffsPerSecond: Figure = { ...operationsPerSecond, unit: "hand-off/s" };
const sessionsPerSecond: Figure = { ...operationsPerSecond, unit: "session/s" };
const multisPerSecond: Figure = { ...operationsPerSecond, unit: "multi/s" };

const pipelinedScenarios = [
  load("create", "create", pipelined, create, { zookeeper: 1.5 }, { etcd: etcdPut }),
  load("setData", "setData", pipelined, setData, { zookeeper: 1.5 }, { etcd: etcdSet }),
  load("getData", "getData", pipelined, getData, { zookeeper: 2 }, { etcd: etcdGet }),
  load("mix", "9 getData : 1 setData", pipelined, mix, { zookeeper: 1.7 }, { etcd: etcdMix }),
  load(
    "multi",
    "multi of 10 creates",
    multis,
    multi,
    { zookeeper: 1.5 },
    {
      figure: multisPerSecond,
      etcd: etcdTxn,
    },
  ),
];

const unpipelinedScenarios = [
  load(
    "setData-wide",
    "setData",
    wide,
    setData,
    { zookeeper: 0.7, echo: 0.7 },
    {
      echoes: true,
      etcd: etcdSet,
    },
  ),
  load(
    "getData-wide",
    "getData",
    wide,
    getData,
    { zookeeper: 0.8, echo: 0.8 },
    {
      echoes: true,
      etcd: etcdGet,
    },
  ),
  load(
    "create-serial",
    "create",
    serial,
    create,
    { zookeeper: 1 },
    {
      echoes: true,
      etcd: etcdPut,
    },
  ),
  load("setData-serial", "setData", serial, setData, {}, { echoes: true, etcd: etcdSet }),
  load(
    "getData-serial",
    "getData",
    serial,
    getData,
    { zookeeper: 1 },
    {
      echoes: true,
      etcd: etcdGet,
    },
  ),
];

export const scenarios: readonly Scenario[] = [
  ...pipelinedScenarios,
  ...unpipelinedScenarios,
  load("getChildren", "getChildren of 10,000", listers, getChildren, { zookeeper: 1 }),
  recipe("fan-out", `${WATCHERS} sessions see a change`, millisecondsToLast, fanOutRun, {
    zookeeper: 1.5,
  }),
  recipe("lock", `lock, ${LOCK_CLIENTS} clients`, handOffsPerSecond, lockRun, { zookeeper: 1.2 }),
  recipe("sessions", `${CROWD} sessions come and go`, sessionsPerSecond, sessionsRun, {
    zookeeper: 1,
  }),
];

/** Not a scenario of load: the rows that Edgekeeper writes per operation. Its name stands beside theirs. */
export const ROWS_SCENARIO = "rows";

export const scenarioNames: readonly string[] = [
  ...scenarios.map(({ name }) => name),
  ROWS_SCENARIO,
];
