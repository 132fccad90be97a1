/**
 * The state machine against the naive model, with random steps of four clients. A failure prints its seed and path:
 * `FC_SEED=… FC_PATH=… vitest run --project unit test/model` plays it again; FC_RUNS changes the number of runs.
 */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Comparison } from "./comparison.ts";
import { anyStep } from "./steps.ts";

const { FC_SEED, FC_PATH, FC_RUNS } = process.env;

/** A run that shows nothing of these has not tested much. */
const OUTCOMES = `
  create 0, create -101, create -102, create -108, create -110, create -114, create -8, create2 0,
  delete 0, delete -101, delete -102, delete -103, delete -111, delete -8,
  setData 0, setData -101, setData -102, setData -103, setData -8,
  setACL 0, setACL -101, setACL -102, setACL -103, setACL -114, setACL -8,
  exists 0, exists -101, getData 0, getData -101, getData -102, getACL 0, getACL -101,
  getChildren 0, getChildren -101, getChildren -102, getChildren2 0, getChildren2 -101, getChildren2 -102,
  multi of 0 done, multi of 1 done, multi of 2 done,
  multi of 2 -101, multi of 2 -102, multi of 2 -103, multi of 2 -108, multi of 2 -110, multi of 2 -111, multi of 2 -8,
  auth 0, auth -115, sync 0, ping 0, setWatches 0, closeSession 0, expiry of ephemerals, expiry of nothing,
  connect fresh, connect right, connect expired, connect ahead,
  createContainer 0, createContainer -110, createContainer -8, createTTL 0, createTTL -110, createTTL -8,
  quota -125, quota -5, multi of 2 -125, multi of 2 -5, multi -5,
  multiRead 0, getEphemerals 0, getAllChildrenNumber 0, getAllChildrenNumber -101, whoAmI 0,
  addWatch 0, addWatch -5, checkWatches 0, checkWatches -121, checkWatches -5,
  removeWatches 0, removeWatches -121, removeWatches -5, setWatches2 0,
  reconfig -123, sasl 0, deleteContainer -8, reaping of nothing, reaping of a znode,
  event created, event deleted, event dataChanged, event childrenChanged
`.trim();

describe("the state machine and a naive model of ZooKeeper", () => {
  it(
    "answer the same, tell the same events in the same order, and end with the same tree",
    { timeout: 600_000 },
    () => {
      const tally = new Map<string, number>();
      fc.assert(
        fc.property(
          fc.boolean(),
          fc.array(anyStep, { maxLength: 150, size: "max" }),
          (enforceQuota, steps) => {
            const comparison = new Comparison(enforceQuota, tally);
            comparison.compare();
            for (const step of steps) comparison.play(step);
          },
        ),
        {
          numRuns: FC_RUNS === undefined ? 700 : Number(FC_RUNS),
          ...(FC_SEED === undefined ? {} : { seed: Number(FC_SEED) }),
          ...(FC_PATH === undefined ? {} : { path: FC_PATH }),
        },
      );
      if (FC_RUNS !== undefined || FC_PATH !== undefined) return;
      const missing = OUTCOMES.split(/,\s+/).filter((outcome) => !tally.has(outcome));
      expect(missing, "outcomes that no run came upon").toEqual([]);
    },
  );
});
