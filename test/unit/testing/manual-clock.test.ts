/** Time that passes when it is told to, and what happens meanwhile. */
import { expect, it } from "vitest";
import { ManualClock } from "../../../src/testing/index.ts";

it("calls timers back in the order of their times, and in that of their start at one time", async () => {
  const clock = new ManualClock();
  const calls: string[] = [];
  const call = (name: string) => () => void calls.push(`${name} at ${clock.now()}`);
  clock.startTimer(call("late"), 30);
  clock.startTimer(call("first"), 10);
  clock.startTimer(call("second"), 10);
  const stop = clock.startTimer(call("stopped"), 10);
  stop();
  await clock.advance(20);
  expect(calls).toEqual(["first at 10", "second at 10"]);
  expect(clock.now()).toBe(20);
  await clock.advance(20);
  expect(calls.at(-1)).toBe("late at 30");
});

it("lets all that follows from a timer happen before the next", async () => {
  const clock = new ManualClock();
  const calls: string[] = [];
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 1_000; i++) await Promise.resolve();
    calls.push(`chain at ${clock.now()}`);
    clock.startTimer(() => void calls.push(`follower at ${clock.now()}`), 1);
  };
  clock.startTimer(() => void chain(), 1);
  clock.startTimer(() => void calls.push(`other at ${clock.now()}`), 5);
  await clock.advance(10);
  expect(calls).toEqual(["chain at 1", "follower at 2", "other at 5"]);
});

it("is late where nobody got to run", async () => {
  const clock = new ManualClock();
  let calledMs = 0;
  clock.startTimer(() => (calledMs = clock.now()), 10);
  clock.stall(50);
  expect(calledMs).toBe(0);
  await clock.advance(0);
  expect(calledMs).toBe(50);
});

it("is advanced by one at a time", async () => {
  const clock = new ManualClock();
  const first = clock.advance(10);
  await expect(clock.advance(10)).rejects.toThrow("await it first");
  await first;
  await clock.advance(10);
  expect(clock.now()).toBe(20);
});
