/** A little of what `npm run fuzz` does for long: a seed that is always the same, and one that never is. */
import { describe, expect, it } from "vitest";
import { fuzz } from "../../fuzz/round.ts";

const FRAMES = 20_000;

/** With too little of any of these, not much has been tried. */
const OUTCOMES = [
  "malformed",
  "unknown",
  "no header",
  "handshake opened",
  "handshake resumed",
  "handshake expired",
  "handshake ahead",
  "handshake malformed",
  "events for oneself",
  "op 1 error 0",
  "op 2 error 0",
  "op 4 error -102",
  "op 5 error 0",
  "op 7 error 0",
  "op 14 error 0",
  "op 18 error -121",
  "op 22 error 0",
  "op 100 error -115",
  "op 101 error 0",
  "op 105 error 0",
  "op 106 error 0",
  "op -11 error 0",
];

describe("spoiled frames", () => {
  it("of a fixed seed find nothing", { timeout: 60_000 }, () => {
    const { frames, outcomes } = fuzz(1, FRAMES);
    expect(frames).toBeGreaterThanOrEqual(FRAMES);
    expect(OUTCOMES.filter((outcome) => (outcomes.get(outcome) ?? 0) < 3)).toEqual([]);
  });

  it("of a random seed find nothing", { timeout: 60_000 }, () => {
    const { frames } = fuzz(Math.floor(Math.random() * 2 ** 31), FRAMES);
    expect(frames).toBeGreaterThanOrEqual(FRAMES);
  });
});
