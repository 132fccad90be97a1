import { describe, expect, it } from "vitest";
import {
  javaAddress,
  javaDate,
  javaDouble,
  javaHex,
} from "../../../../src/objects/admin/java-text.ts";

describe("as Java prints it", () => {
  it("a double has a point", () => {
    expect([0, 3, 2.3333, 0.5].map(javaDouble)).toEqual(["0.0", "3.0", "2.3333", "0.5"]);
  });

  it("a negative number is in two's complement in hexadecimal", () => {
    expect([0, 255, -1, 2 ** 52].map(javaHex)).toEqual([
      "0",
      "ff",
      "ffffffffffffffff",
      "10000000000000",
    ]);
  });

  it("a date has its day of the week and its zone", () => {
    expect(javaDate(Date.UTC(2026, 10, 4, 5, 6, 7, 999))).toBe("Wed Nov 04 05:06:07 UTC 2026");
    expect(javaDate(Date.UTC(2027, 0, 31, 23, 59, 59))).toBe("Sun Jan 31 23:59:59 UTC 2027");
  });

  it("an address has a slash before it", () => {
    expect(javaAddress("127.0.0.1:4711")).toBe("/127.0.0.1:4711");
  });
});
