import { describe, expect, it } from "vitest";
import { WaitingRoom } from "../../../src/services/waiting-room.ts";

/** Longer than any test. */
const LONG_MS = 60_000;

function untilAborted(signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const onAbort = (): void => resolve("aborted");
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
  });
}

describe("a waiting room", () => {
  it("refuses whoever comes when it is full, and lets the next one in when somebody has left", async () => {
    const room = new WaitingRoom(2);
    const leaving = new AbortController();
    const first = room.wait(LONG_MS, leaving.signal, untilAborted);
    const second = room.wait(LONG_MS, leaving.signal, untilAborted);
    await expect(room.wait(0, undefined, untilAborted)).rejects.toMatchObject({
      name: "tooManyCalls",
    });
    leaving.abort();
    expect(await Promise.all([first, second])).toEqual(["aborted", "aborted"]);
    expect(room.count).toBe(0);
    expect(await room.wait(0, undefined, untilAborted)).toBe("aborted");
  });

  it("has room again when what waited has failed", async () => {
    const room = new WaitingRoom(1);
    const failing = room.wait(LONG_MS, undefined, () => Promise.reject(new Error("failed")));
    await expect(failing).rejects.toThrow("failed");
    expect(room.count).toBe(0);
  });

  it("lets nobody wait who has gone away before", async () => {
    const room = new WaitingRoom(1);
    expect(await room.wait(LONG_MS, AbortSignal.abort(), untilAborted)).toBe("aborted");
  });
});
