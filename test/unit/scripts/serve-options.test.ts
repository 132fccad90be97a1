import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { chooseAccess } from "../../../scripts/server/access-choice.ts";
import { parseServeOptions } from "../../../scripts/server/serve-options.ts";

describe("--var of npm start", () => {
  it.each([
    ["ENFORCE_QUOTA:true", { ENFORCE_QUOTA: true }],
    ["TICK_TIME_MS:500", { TICK_TIME_MS: 500 }],
    ['LIMITS:{"REPLY_BYTES_MAX":1000}', { LIMITS: { REPLY_BYTES_MAX: 1000 } }],
    ["SUPER_DIGEST:super:D/In=", { SUPER_DIGEST: "super:D/In=" }],
    ["FOUR_LETTER_WORDS:*", { FOUR_LETTER_WORDS: "*" }],
    ["EMPTY:", { EMPTY: "" }],
  ])("takes %s", (text, vars) => {
    expect(parseServeOptions(["--var", text])?.vars).toEqual(vars);
  });

  it("may be there several times, or not at all", () => {
    expect(parseServeOptions(["--var", "A:1", "--var", "B:x"])?.vars).toEqual({ A: 1, B: "x" });
    expect(parseServeOptions([])?.vars).toEqual({});
  });

  it.each(["A", "a:1", ":1", "=1"])("refuses %s", (text) => {
    expect(() => parseServeOptions(["--var", text])).toThrow("--var must be NAME:value");
  });
});

describe("--vars of npm start", () => {
  const folder = mkdtempSync(join(tmpdir(), "edgekeeper-vars-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  it("takes what is in a file, less what --var says", () => {
    const file = join(folder, "vars.json");
    writeFileSync(file, '{"EDGEKEEPER_TOKEN":"open sesame","TICK_TIME_MS":500}');
    const options = parseServeOptions(["--var", "TICK_TIME_MS:100", "--vars", file]);
    expect(options?.vars).toEqual({ EDGEKEEPER_TOKEN: "open sesame", TICK_TIME_MS: 100 });
  });

  it.each([
    ["nothing", undefined, "cannot read it (ENOENT)"],
    ["no JSON", '{"EDGEKEEPER_TOKEN":"open sesame"', "not a JSON object"],
    ["a list", "[]", "not a JSON object"],
  ])("refuses %s, without showing it", (name, text, fault) => {
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);
    expect(() => parseServeOptions(["--vars", file])).toThrow(`--vars ${file}: ${fault}`);
  });
});

describe("who may come in", () => {
  const key = { EDGEKEEPER_TOKEN: "open sesame" };

  it.each<[Record<string, unknown>, boolean, "open" | "token"]>([
    [{}, true, "open"],
    [{ ACCESS: "open" }, false, "open"],
    [{ ACCESS: "open", ...key }, true, "open"],
    [key, true, "token"],
    [key, false, "token"],
    [{ ACCESS: "token", ...key }, false, "token"],
    [{ API_KEYS: [], ...key }, false, "token"],
  ])("is said by %j (on loopback: %s): %s", async (vars, isLoopback, access) => {
    expect(await chooseAccess(vars, "host", isLoopback)).toBe(access);
  });

  it.each<[Record<string, unknown>, RegExp]>([
    [{}, /not loopback.*EDGEKEEPER_TOKEN.*--vars.*ACCESS:open/],
    [{ TICK_TIME_MS: 1 }, /not loopback/],
    [{ ACCESS: "token" }, /lets nobody in/],
    [{ JWT_KEYS: [] }, /lets nobody in/],
    [{ ACCESS: "closed", ...key }, /ACCESS must be/],
    [{ JWT_KEYS: [{ secret: "hunter2" }] }, /^JWT_KEYS\[0\]\.secret must have 32 bytes or more$/],
    [{ EDGEKEEPER_TOKEN: 123 }, /EDGEKEEPER_TOKEN must be text/],
  ])("is not said, or wrongly, by %j elsewhere", async (vars, message) => {
    await expect(chooseAccess(vars, "0.0.0.0", false)).rejects.toThrow(message);
  });
});
