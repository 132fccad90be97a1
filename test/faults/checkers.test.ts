/** Every workload finds the bugs that are put into its recipe, and there is one for every recipe. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as published from "../../src/recipes/index.ts";
import { BUGS } from "./bugs/index.ts";
import { run } from "./run.ts";
import { WORKLOADS } from "./workloads/index.ts";

/** Seeds that a bug may take to show. */
const SEEDS_MAX = 10;
const BRIEF = { faultsMs: 25_000, calmMs: 15_000, untilProblem: true };

/** What others give, and is exercised with them. */
const GIVEN = ["Membership", "ServiceProvider", "ServiceRegistration"];

describe.each(Object.entries(WORKLOADS))("the workload %s", (name, start) => {
  const bugs = Object.entries(BUGS[name] ?? {});

  it("has bugs to find", () => expect(bugs.length).toBeGreaterThan(0));

  it.each(bugs)("finds a recipe that %s", async (_bug, recipes) => {
    for (let seed = 1; seed <= SEEDS_MAX; seed++) {
      const { problems } = await run(start, seed, { ...BRIEF, recipes });
      if (problems.length > 0) return;
    }
    expect.fail(`nothing found in ${SEEDS_MAX} seeds`);
  });
});

it("there is a workload for every recipe", () => {
  const folder = join(import.meta.dirname, "workloads");
  const workloads = readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  const recipes = Object.entries(published)
    .filter(([, value]) => isClass(value) && !(value.prototype instanceof Error))
    .map(([recipe]) => recipe);
  expect(recipes).toContain("Lock");
  const missing = recipes.filter(
    (recipe) => !workloads.some((text) => new RegExp(`new (recipes\\.)?${recipe}\\b`).test(text)),
  );
  expect(missing.sort()).toEqual(GIVEN);
});

function isClass(value: unknown): value is { readonly prototype: unknown } {
  return typeof value === "function" && /^class\b/.test(String(value));
}
