import { describe, expect, it } from "vitest";
import { budgets, findExcesses } from "../../../../bench/cost/budgets.ts";
import { costOf } from "../../../../bench/cost/operation-cost.ts";
import { counted } from "./counted.ts";

const OPERATIONS = 200;

/** A server that wrote so many rows for 200 operations. */
function spent(rowsWritten: number): { readonly rowsWritten: number } {
  return costOf(counted({ rowsWritten, batches: 1, requests: OPERATIONS }), 1, OPERATIONS);
}

describe("budgets of rows written", () => {
  it("are those of the design", () => {
    const single = Object.entries(budgets).map(([name, budget]) => [name, budget.single]);
    expect(Object.fromEntries(single)).toMatchObject({
      setData: 2,
      create: 3,
      delete: 3,
      createEphemeral: 4,
      deleteEphemeral: 4,
      read: 0,
      ping: 0,
      idle: 0,
    });
  });

  it("hold for what keeps to them", () => {
    const create = { title: "create", budget: budgets.create };
    const within = { ...create, single: spent(3 * OPERATIONS), batch: spent(2 * OPERATIONS + 1) };
    expect(findExcesses([within])).toEqual([]);
  });

  it("are broken by one row too many among two hundred operations", () => {
    const create = { title: "create", budget: budgets.create, batch: undefined };
    expect(findExcesses([{ ...create, single: spent(3 * OPERATIONS + 2) }])).toEqual([
      "create, one at a time: 3.01 rows written per operation, the budget is 3",
    ]);
  });

  it("are broken by a batch that writes the zxid with every operation", () => {
    const setData = { title: "setData", budget: budgets.setData, single: spent(2 * OPERATIONS) };
    expect(findExcesses([{ ...setData, batch: spent(2 * OPERATIONS) }])).toEqual([
      "setData, in batches: 2.00 rows written per operation, the budget is 1.1",
    ]);
  });

  it("are broken by any row of what must write none", () => {
    const idle = { title: "idle", budget: budgets.idle, single: spent(1), batch: undefined };
    expect(findExcesses([idle])).toHaveLength(1);
    expect(findExcesses([{ ...idle, budget: undefined }])).toEqual([]);
  });
});
