import { describe, expect, it } from "vitest";
import { Line } from "../../../src/client/line.ts";

describe("a line", () => {
  it("keeps the order, however long it is", () => {
    const line = new Line<number>();
    let next = 0;
    let expected = 0;
    for (let round = 0; round < 200; round++) {
      for (let i = 0; i < 50 + (round % 7); i++) line.push(next++);
      for (let i = 0; i < 45; i++) expect(line.shift()).toBe(expected++);
      expect(line.first()).toBe(expected);
      expect(line.length).toBe(next - expected);
    }
    expect([...line]).toEqual(Array.from({ length: next - expected }, (_, i) => expected + i));
    expect(line.takeAll()).toHaveLength(next - expected);
    expect(line.length).toBe(0);
    expect(line.shift()).toBeUndefined();
    expect(line.first()).toBeUndefined();
  });

  it("lets some in front", () => {
    const line = new Line<string>();
    for (const item of ["gone", "c", "d"]) line.push(item);
    line.shift();
    line.prepend(["a", "b"]);
    expect(line.takeAll()).toEqual(["a", "b", "c", "d"]);
  });
});
