/** Numbers that look random and are not. */
import { expect, it } from "vitest";
import { SeededRandom } from "../../../src/testing/index.ts";

const take = (random: SeededRandom, count: number): number[] =>
  Array.from({ length: count }, () => random.below(1_000));

it("gives the same numbers for the same seed", () => {
  expect(take(new SeededRandom(7), 100)).toEqual(take(new SeededRandom(7), 100));
  expect(take(new SeededRandom(8), 100)).not.toEqual(take(new SeededRandom(7), 100));
});

it("gives numbers from all of the range", () => {
  const numbers = take(new SeededRandom(1), 10_000);
  expect(new Set(numbers).size).toBeGreaterThan(990);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1_000);
});

it("forks into generators that do not disturb each other", () => {
  const random = new SeededRandom(1);
  const fork = random.fork();
  const expected = take(new SeededRandom(1).fork(), 10);
  take(random, 50);
  expect(take(fork, 10)).toEqual(expected);
});
