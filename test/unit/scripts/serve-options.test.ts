import { describe, expect, it } from "vitest";
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
