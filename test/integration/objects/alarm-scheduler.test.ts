import { describe, expect, it } from "vitest";
import { AlarmScheduler } from "../../../src/objects/alarm-scheduler.ts";

describe("the alarm scheduler", () => {
  it("sets the alarm for the first timer, and again only for an earlier one", async () => {
    const { scheduler, set } = await start();
    scheduler.define("a", () => undefined);
    scheduler.define("b", () => undefined);
    scheduler.arm(0);
    expect(set).toEqual([]);
    scheduler.scheduleBy("a", 1_000);
    for (let times = 0; times < 3; times++) scheduler.arm(0);
    scheduler.scheduleBy("b", 2_000);
    scheduler.scheduleBy("a", 3_000); // It was to run earlier.
    scheduler.arm(1);
    expect(set).toEqual([1_000]);
    scheduler.scheduleBy("b", 500);
    scheduler.arm(2);
    expect(set).toEqual([1_000, 500]);
  });

  it("runs what is due, and nothing else", async () => {
    const { scheduler, set } = await start();
    const ran: string[] = [];
    const next: Record<string, number | undefined> = { a: 5_000, b: undefined, c: 4_000 };
    for (const what of ["a", "b", "c"]) {
      scheduler.define(what, (nowMs) => {
        ran.push(`${what} ${nowMs}`);
        return next[what];
      });
    }
    scheduler.scheduleBy("a", 1_000);
    scheduler.scheduleBy("b", 1_500);
    scheduler.scheduleBy("c", 3_000);
    scheduler.arm(0);
    scheduler.run(1_500);
    scheduler.arm(1_500);
    expect(ran).toEqual(["a 1500", "b 1500"]);
    scheduler.run(3_000);
    scheduler.arm(3_000);
    expect(ran).toEqual(["a 1500", "b 1500", "c 3000"]);
    expect(set).toEqual([1_000, 3_000, 4_000]);
  });

  it("does not set an alarm again that is only late", async () => {
    const { scheduler, set } = await start();
    scheduler.define("a", () => undefined);
    scheduler.scheduleBy("a", 1_000);
    for (const nowMs of [0, 1_001, 1_002, 5_000, 60_000]) scheduler.arm(nowMs);
    expect(set).toEqual([1_000]);
  });

  it("sets an alarm again that must be lost, once", async () => {
    const { scheduler, set } = await start();
    scheduler.define("a", () => undefined);
    scheduler.scheduleBy("a", 1_000);
    for (const nowMs of [0, 70_000, 70_001, 71_000]) scheduler.arm(nowMs);
    expect(set).toEqual([1_000, 70_001]);
  });

  it("is content with an alarm of an earlier life that is early enough", async () => {
    const early = await start(900);
    early.scheduler.define("a", () => undefined);
    early.scheduler.scheduleBy("a", 1_000);
    early.scheduler.arm(0);
    expect(early.set).toEqual([]);
    early.scheduler.run(900); // It goes off before the timer is due.
    early.scheduler.arm(900);
    expect(early.set).toEqual([1_000]);

    const late = await start(1_100);
    late.scheduler.define("a", () => undefined);
    late.scheduler.scheduleBy("a", 1_000);
    late.scheduler.arm(0);
    expect(late.set).toEqual([1_000]);
  });

  it("sets an alarm that is due in the future, also when its timer is overdue", async () => {
    const { scheduler, set } = await start();
    scheduler.define("a", () => 500);
    scheduler.scheduleBy("a", 1_000);
    scheduler.arm(2_000);
    scheduler.run(2_001);
    scheduler.arm(2_001);
    expect(set).toEqual([2_001, 2_002]);
  });

  it("knows its timers", async () => {
    const { scheduler } = await start();
    expect(() => scheduler.scheduleBy("unknown", 1)).toThrow(RangeError);
  });
});

async function start(alarmMs?: number): Promise<{ scheduler: AlarmScheduler; set: number[] }> {
  const set: number[] = [];
  const storage = {
    getAlarm: async () => alarmMs ?? null,
    setAlarm: async (timeMs: number) => void set.push(timeMs),
  };
  const scheduler = new AlarmScheduler(storage as unknown as DurableObjectStorage);
  await scheduler.start();
  return { scheduler, set };
}
