import { describe, expect, it } from "vitest";
import { GenerationCache } from "../../../src/objects/generation-cache.ts";
import { Random } from "../support/random.ts";

interface Item {
  readonly name: string;
  weight: number;
}

describe("a cache of two generations", () => {
  it("keeps what is used and drops what is not", () => {
    const cache = new GenerationCache<Item>(10);
    const hot = add(cache, "hot", 1);
    add(cache, "cold", 1);
    for (let i = 0; i < 100; i++) {
      add(cache, `other-${i}`, 1);
      expect(cache.get("hot")).toBe(hot);
    }
    expect(cache.get("cold")).toBeUndefined();
  });

  it("keeps an entry that was just used through one turn of the generations", () => {
    const cache = new GenerationCache<Item>(10);
    const used = add(cache, "used", 1);
    add(cache, "heavy", 10);
    expect(cache.get("used")).toBe(used);
    const heavier = add(cache, "heavier", 11);
    expect(cache.get("used")).toBe(used);
    expect(cache.get("heavier")).toBe(heavier);
  });

  it("counts an entry that grew or shrank by what it weighs now", () => {
    const cache = new GenerationCache<Item>(10);
    const other = add(cache, "other", 1);
    const changing = add(cache, "changing", 0);
    const become = (weight: number): void => {
      expect(cache.get("changing")).toBe(changing);
      const growth = weight - changing.weight;
      changing.weight = weight;
      cache.grow(growth);
    };
    for (let weight = 1; weight <= 9; weight++) become(weight);
    expect(cache.get("other")).toBe(other);
    for (let times = 0; times < 100; times++) become(times % 10);
    add(cache, "full", 9 - changing.weight);
    expect(cache.get("other")).toBe(other);
    // One more, and the generations turn twice: nothing that was not used is left.
    become(changing.weight + 1);
    add(cache, "next", 11);
    expect(cache.get("other")).toBeUndefined();
  });

  it("does not bring back what was deleted, in whichever generation it was", () => {
    const cache = new GenerationCache<Item>(3);
    add(cache, "old", 1);
    for (let i = 0; i < 3; i++) add(cache, `other-${i}`, 1);
    expect(cache.get("old")).toBeDefined(); // Now in both.
    cache.delete("old");
    expect(cache.get("old")).toBeUndefined();
    cache.delete("never there");
  });

  it("never answers with anything but the last value, and stays bounded", () => {
    const random = new Random(1);
    const cache = new GenerationCache<Item>(50);
    const last = new Map<string, Item>();
    for (let step = 0; step < 20_000; step++) {
      const key = String(random.below(40));
      const dice = random.below(10);
      const found = cache.get(key);
      if (found !== undefined) expect(found).toBe(last.get(key));
      if (dice < 5 && found === undefined) {
        last.set(key, add(cache, key, random.below(12)));
      } else if (dice < 6) {
        cache.delete(key);
        last.delete(key);
      } else if (found !== undefined) {
        const growth = random.below(12) - found.weight;
        found.weight += growth;
        cache.grow(growth);
      }
    }
    const names = Array.from({ length: 1_000 }, (_, i) => `n${i}`);
    for (const name of names) add(cache, name, 1);
    const left = names.filter((name) => cache.get(name) !== undefined);
    expect(left.length).toBeLessThanOrEqual(2 * 51);
    expect(left).toContain("n999");
  });
});

function add(cache: GenerationCache<Item>, name: string, weight: number): Item {
  const item = { name, weight };
  cache.add(name, item);
  return item;
}
