import { expect, test } from "vitest";
import { compareClients } from "../../../bench/client/client-report.ts";
import { checkTraces } from "../../../bench/client/contestant.ts";
import { LockProgram } from "../../../bench/client/lock-program.ts";
import { ErrorLog } from "../../../bench/error-log.ts";
import type { Summary } from "../../../bench/report/summary.ts";
import { operationsPerSecond } from "../../../bench/scenario.ts";
import type { Stat } from "../../../src/protocol/records.ts";

const STAT: Stat = {
  czxid: 1,
  mzxid: 1,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 20,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 0,
  numChildren: 0,
  pzxid: 1,
};

test.each([
  ["a creation and a deletion each time", STAT, []],
  ["a znode that was left", { ...STAT, cversion: 19, numChildren: 1 }, [19, 1]],
  ["times without a znode", { ...STAT, cversion: 18 }, [18, 0]],
  ["znodes that were created twice", { ...STAT, cversion: 22 }, [22, 0]],
])("the traces of ten locks: %s", (_name, stat, [cversion, children]) => {
  const errors = new ErrorLog();
  checkTraces(stat, 10, errors);
  const message = `after 10 times its znode has cversion ${cversion} and ${children} children`;
  expect(errors.examples).toEqual(cversion === undefined ? [] : [message]);
});

/** A client in Node that does as the source says. */
function program(source: string) {
  return LockProgram.start({ command: process.execPath, arguments: ["-e", source] }, "address");
}

test("a client is told what to do, and heard", async () => {
  const client = await program(`
    console.log("ready");
    process.stdin.on("data", (text) => {
      const told = [process.argv[1], String(text)].join();
      console.log(told === "address,/path 0.5\\n" ? "4000 1500 2500" : told);
    });`);
  expect(await client.cycle("/path", 0.5)).toEqual({ elapsedMs: 4, latenciesMs: [1.5, 2.5] });
  await client.stop();
});

test("a client that gives up instead of an answer is an error", async () => {
  const client = await program(
    `console.log("ready"); process.stdin.once("data", () => process.exit())`,
  );
  await expect(client.cycle("/path", 0.5)).rejects.toThrow("the client has ended");
  await client.stop();
});

test("a client that has no session is an error", async () => {
  await expect(program(`console.log("refused")`)).rejects.toThrow('says "refused"');
  await expect(program("")).rejects.toThrow("the client has ended");
});

test("ours is compared round by round with each on ZooKeeper", () => {
  const summaries = {
    "ours on edgekeeper": summaryOf([100, 330, 200]),
    "kazoo on zookeeper": summaryOf([100, 110, null]),
    "kazoo on edgekeeper": summaryOf([1, 1, 1]),
  };
  const scenario = { figure: operationsPerSecond };
  expect(compareClients(scenario, summaries)).toEqual([
    {
      one: "ours on edgekeeper",
      other: "kazoo on zookeeper",
      ratio: 2,
      ratioMin: 1,
      ratioMax: 3,
      goal: 1,
    },
  ]);
});

function summaryOf(valueByRound: readonly (number | null)[]): Summary {
  const rest = { value: 0, valueMin: 0, valueMax: 0, p50Ms: 0, p99Ms: 0, serverUsPerOp: null };
  return { ...rest, rounds: valueByRound.length, valueByRound, generatorBusy: 0 };
}
