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
  it("are the rows that there are to write", () => {
    const single = Object.entries(budgets).map(([name, budget]) => [
      name,
      Math.floor(budget.single),
    ]);
    expect(Object.fromEntries(single)).toMatchObject({
      setData: 1,
      create: 2,
      delete: 2,
      createEphemeral: 3,
      deleteEphemeral: 3,
      read: 0,
      ping: 0,
      idle: 0,
    });
  });

  it("hold for what keeps to them", () => {
    const create = { title: "create", budget: budgets.create };
    const within = { ...create, single: spent(2 * OPERATIONS + 1), batch: spent(OPERATIONS + 2) };
    expect(findExcesses([within])).toEqual([]);
  });

  it("are broken by a few rows too many among two hundred operations", () => {
    const create = { title: "create", budget: budgets.create, batch: undefined };
    expect(findExcesses([{ ...create, single: spent(2 * OPERATIONS + 8) }])).toEqual([
      "create, one at a time: 2.04 rows written per operation, the budget is 2.03",
    ]);
  });

  it("are broken by a batch that writes the parent with every operation", () => {
    const create = { title: "create", budget: budgets.create, single: spent(2 * OPERATIONS) };
    expect(findExcesses([{ ...create, batch: spent(2 * OPERATIONS) }])).toEqual([
      "create, in batches: 2.00 rows written per operation, the budget is 1.13",
    ]);
  });

  it("are broken by any row of what must write none", () => {
    const idle = { title: "idle", budget: budgets.idle, single: spent(1), batch: undefined };
    expect(findExcesses([idle])).toHaveLength(1);
    expect(findExcesses([{ ...idle, budget: undefined }])).toEqual([]);
  });
});
