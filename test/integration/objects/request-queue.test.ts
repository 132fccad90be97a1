import { describe, expect, it } from "vitest";
import { Channel } from "../../../src/objects/channel.ts";
import { RequestQueue } from "../../../src/objects/request-queue.ts";
import { Random } from "../support/random.ts";

const FULL = 2 * 1024 * 1024;

describe("the request queue", () => {
  it("gives frames out in order of arrival, of all channels", () => {
    const queue = new RequestQueue();
    const [a, b] = [channel(), channel()];
    queue.push(a, frame(1));
    queue.push(b, frame(2));
    queue.push(a, frame(3));
    queue.push(b, undefined);
    expect(queue.size).toBe(4);
    expect(drain(queue)).toEqual([1, 2, 3, undefined]);
    expect(queue.size).toBe(0);
  });

  it("shows what comes next without giving it out", () => {
    const queue = new RequestQueue();
    const a = channel();
    for (const number of [1, 2, 3, 4]) queue.push(a, frame(number));
    queue.shift();
    const seen: unknown[] = [];
    queue.peek(2, (arrival) => seen.push(arrival.frame));
    expect(seen).toEqual([frame(2), frame(3)]);
    queue.peek(100, (arrival) => seen.push(arrival.frame));
    expect(seen).toHaveLength(5);
    expect(drain(queue)).toEqual([2, 3, 4]);
    queue.peek(100, () => expect.unreachable());
  });

  it("lets others pass while a client does not read, and keeps the order of each", () => {
    const queue = new RequestQueue();
    const [slow, other] = [channel(), channel()];
    queue.push(slow, frame(1));
    queue.push(other, frame(2));
    queue.push(slow, frame(3));
    slow.pending = FULL;
    expect(drain(queue)).toEqual([2]);
    expect([queue.isHolding, queue.isHeld(slow), queue.isHeld(other)]).toEqual([true, true, false]);
    queue.push(slow, frame(4));
    queue.push(other, frame(5));
    expect(queue.release(slow)).toBe(false);
    slow.pending = 0;
    // What is new waits behind what was held, even before anybody released it.
    expect(drain(queue)).toEqual([5]);
    expect(queue.release(slow)).toBe(true);
    expect(queue.isHolding).toBe(false);
    queue.push(slow, undefined);
    expect(drain(queue)).toEqual([1, 3, 4, undefined]);
  });

  it("holds a channel whose replies of this very batch are many", () => {
    const queue = new RequestQueue();
    const slow = channel();
    queue.push(slow, frame(1));
    queue.push(slow, frame(2));
    expect(queue.shift()?.frame).toEqual(frame(1));
    slow.out.writeBuffer(new Uint8Array(FULL));
    expect(queue.shift()).toBeUndefined();
    slow.out.take();
    queue.releaseAll();
    expect(drain(queue)).toEqual([2]);
  });

  it("forgets what a channel had waiting", () => {
    const queue = new RequestQueue();
    const slow = channel();
    slow.pending = FULL;
    queue.push(slow, frame(1));
    drain(queue);
    expect(queue.heldBytes(slow)).toBe(1);
    queue.drop(slow);
    expect([queue.isHolding, queue.heldBytes(slow), queue.size]).toEqual([false, 0, 0]);
  });

  it("loses nothing and keeps the order of each channel, whoever reads when", () => {
    const random = new Random(7);
    const queue = new RequestQueue();
    const channels = Array.from({ length: 5 }, () => channel());
    const sent = new Map(channels.map((each) => [each, 0]));
    const seen = new Map(channels.map((each) => [each, 0]));
    const take = (): void => {
      const arrival = queue.shift();
      if (arrival === undefined) return;
      const from = arrival.channel as TestChannel;
      expect(arrival.frame).toEqual(frame(seen.get(from) ?? -1));
      seen.set(from, (seen.get(from) ?? 0) + 1);
    };
    for (let step = 0; step < 20_000; step++) {
      const each = random.pick(channels);
      const dice = random.below(10);
      if (dice < 4) {
        const number = sent.get(each) ?? 0;
        queue.push(each, frame(number));
        sent.set(each, number + 1);
      } else if (dice < 8) take();
      else if (dice < 9) each.pending = random.pick([0, FULL]);
      else queue.release(each);
    }
    for (const each of channels) each.pending = 0;
    queue.releaseAll();
    while (queue.size > 0) take();
    expect(seen).toEqual(sent);
  });
});

class TestChannel extends Channel {
  pending = 0;
}

function channel(): TestChannel {
  const transport = {
    canWait: true,
    get pendingBytes(): number {
      return made.pending;
    },
    send: () => {},
    close: () => {},
    abort: () => {},
  };
  const made = new TestChannel(transport, "10.0.0.1", { nowMs: 0 });
  return made;
}

function frame(number: number): Uint8Array {
  return new Uint8Array([number & 0xff]);
}

function drain(queue: RequestQueue): (number | undefined)[] {
  const frames: (number | undefined)[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    frames.push(next.frame?.[0]);
  }
  return frames;
}
