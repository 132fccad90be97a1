/** The order of a line, by names of Curator, kazoo and ours. */
import { describe, expect, it } from "vitest";
import { inLine, placeOf } from "../../../src/recipes/line-order.ts";

const UUID = "_c_6ba7b810-9dad-4d11-8180-123456789012";

describe("the order of a line", () => {
  it.each([
    ["Curator's and kazoo's names", [`${UUID}-lock-0000000001`, "0c5f__lock__0000000002"]],
    [
      "numbers that have wrapped",
      ["a-2147483647", "b--2147483648", "c--999999999", "d--000000001"],
    ],
    ["kazoo's numbers that have wrapped", ["a__lock__2147483647", "b__lock__-2147483648"]],
    [
      "a place that was taken over",
      ["a__WRIT__0000000002", "b__READ__00000000020000000005", "c-0000000003"],
    ],
    [
      "places that were taken over one after the other",
      ["b-00000000020000000005", "a-00000000020000000006"],
    ],
    ["a place that had wrapped", ["a__READ__-9999999990000000005", "b__READ__-999999998"]],
    ["a taker that had wrapped", ["a__READ__2147483647-2147483648", "b__READ__-2147483647"]],
  ])("knows %s", (_, names) => {
    expect(inLine(names.toReversed())).toEqual(names);
  });

  it("leaves out what has no number", () => {
    expect(inLine(["locks", "leases", "lock-1", "a-0000000001"])).toEqual(["a-0000000001"]);
  });

  it("gives a place as it was written", () => {
    expect(placeOf("/a/b__WRIT__0000000012")).toBe("0000000012");
    expect(placeOf("/a/b__WRIT__-000000012")).toBe("-000000012");
  });
});
