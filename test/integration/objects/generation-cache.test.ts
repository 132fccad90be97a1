import { describe, expect, it } from "vitest";
import { GenerationCache } from "../../../src/objects/generation-cache.ts";
import { Random } from "../support/random.ts";

describe("a cache of two generations", () => {
  it("keeps what is used and drops what is not", () => {
    const cache = new GenerationCache<number>(10);
    cache.set("hot", 0, 1);
    cache.set("cold", 1, 1);
    for (let i = 0; i < 100; i++) {
      cache.set(`other-${i}`, i, 1);
      expect(cache.get("hot")).toBe(0);
    }
    expect(cache.get("cold")).toBeUndefined();
  });

  it("keeps an entry that was just used through one turn of the generations", () => {
    const cache = new GenerationCache<number>(10);
    cache.set("used", 0, 1);
    cache.set("heavy", 1, 10);
    expect(cache.get("used")).toBe(0);
    cache.set("heavier", 2, 11);
    expect(cache.get("used")).toBe(0);
    expect(cache.get("heavier")).toBe(2);
  });

  it("counts an entry that grew or shrank by what it weighs now", () => {
    const cache = new GenerationCache<number>(10);
    cache.set("other", 0, 1);
    for (let weight = 1; weight <= 9; weight++) cache.set("grows", weight, weight);
    expect(cache.get("other")).toBe(0);
    for (let times = 0; times < 100; times++) cache.set("grows", times, times % 9);
    expect(cache.get("other")).toBe(0);
  });

  it("does not bring back what was deleted, in whichever generation it was", () => {
    const cache = new GenerationCache<number>(3);
    cache.set("old", 1, 1);
    for (let i = 0; i < 3; i++) cache.set(`other-${i}`, i, 1);
    cache.set("old", 2, 1); // Now in both.
    cache.delete("old");
    expect(cache.get("old")).toBeUndefined();
    cache.delete("never there");
  });

  it("never answers with anything but the last value, and stays bounded", () => {
    const random = new Random(1);
    const cache = new GenerationCache<number>(50);
    const last = new Map<string, number>();
    for (let step = 0; step < 20_000; step++) {
      const key = String(random.below(40));
      const dice = random.below(10);
      if (dice < 5) {
        cache.set(key, step, random.below(12));
        last.set(key, step);
      } else if (dice < 6) {
        cache.delete(key);
        last.delete(key);
      } else {
        const found = cache.get(key);
        if (found !== undefined) expect(found).toBe(last.get(key));
      }
    }
  });
});
