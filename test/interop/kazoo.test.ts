/** The kazoo scripts, with a test for each of their checks. */
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { KazooScript, kazooChecks, kazooScripts } from "./kazoo-script.ts";

describe.each(kazooScripts())("kazoo %s", (name) => {
  const checks = kazooChecks(name);
  let script: KazooScript;

  beforeAll(() => {
    script = new KazooScript(name, inject("interopAddress"));
  });

  afterAll(async () => {
    await script.dispose();
  });

  it.each(checks)("%s", async (check) => {
    expect(await script.verdict(check)).toBe("ok");
  });

  it("makes all its checks, and nothing unexpected happens", async () => {
    expect(await script.exitCode).toBe(0);
    expect(script.checksAnswered).toEqual(checks);
    expect(script.surprises).toEqual([]);
  });
});
