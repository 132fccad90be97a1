import { expect, test } from "vitest";
import { ErrorLog } from "../../../bench/error-log.ts";
import { reportScenario } from "../../../bench/report.ts";
import {
  type Figure,
  type Measurement,
  operationsPerSecond,
  type Scenario,
} from "../../../bench/scenario.ts";

const milliseconds: Figure = { unit: "ms", better: "lower", digits: 1 };

function scenario(figure: Figure, goal: number): Scenario {
  const goals = { zookeeper: goal };
  return { name: "s", title: "s", figure, goals, limitsP99: true, runs: {} };
}

function measured(value: number, p99Ms = 1, generatorBusy = 0.5): Measurement {
  const errors = new ErrorLog();
  return {
    operations: 1,
    value,
    p50Ms: 1,
    p99Ms,
    generatorBusy,
    serverUsPerOp: undefined,
    errors,
  };
}

function report(
  of: Scenario,
  edgekeeper: readonly (Measurement | undefined)[],
  zookeeper: readonly (Measurement | undefined)[],
) {
  return reportScenario({
    scenario: of,
    measured: new Map([
      ["edgekeeper", edgekeeper],
      ["zookeeper", zookeeper],
    ]),
  });
}

test("the ratio is the median of the rounds', and a round that failed has none", () => {
  const ours = [measured(100), undefined, measured(300), measured(800)];
  const theirs = [measured(100), measured(1), measured(100), measured(200)];
  const [comparison] = report(scenario(operationsPerSecond, 3), ours, theirs).comparisons;
  expect(comparison).toMatchObject({
    ratio: 3,
    ratioMin: 1,
    ratioMax: 4,
    ratioByRound: [1, null, 3, 4],
    reached: true,
  });
});

test("of times, the shorter one is the better one", () => {
  const of = scenario(milliseconds, 1.5);
  const [comparison] = report(of, [measured(20)], [measured(10)]).comparisons;
  expect(comparison).toMatchObject({ ratio: 0.5, reached: false });
});

test("a p99 above ZooKeeper's does not pass", () => {
  const of = scenario(operationsPerSecond, 1);
  const passed = (ours: number): boolean | null | undefined =>
    report(of, [measured(1, ours)], [measured(1, 5)]).comparisons[0]?.p99Passed;
  expect([passed(4.9), passed(5), passed(5.1)]).toEqual([true, true, false]);
});

test("a generator that is busy is told of", () => {
  const of = scenario(operationsPerSecond, 1);
  const { generatorBound } = report(of, [measured(1, 1, 0.9)], [measured(1, 1, 0.8)]);
  expect(generatorBound).toEqual(["edgekeeper"]);
});

test("what failed in every round is compared with nothing", () => {
  const of = scenario(operationsPerSecond, 1);
  expect(report(of, [undefined], [measured(1)]).comparisons).toEqual([]);
});
