import { describe, expect, it } from "vitest";
import { Channel } from "../../../src/objects/channel.ts";
import type { Arrival } from "../../../src/objects/lane.ts";
import { RequestQueue } from "../../../src/objects/request-queue.ts";
import { Random } from "../support/random.ts";

const FULL = 2 * 1024 * 1024;

describe("the request queue", () => {
  it("gives frames out in the order of each channel, and the channels take turns", () => {
    const queue = new RequestQueue();
    const [a, b] = [channel(), channel()];
    queue.push(a, frame(1));
    queue.push(b, frame(2));
    queue.push(a, frame(3));
    queue.push(b, undefined);
    expect(queue.size).toBe(4);
    expect(drain(queue)).toEqual([1, 3, 2, undefined]);
    expect(queue.size).toBe(0);
  });

  it("lets nobody wait for all that another has sent", () => {
    const queue = new RequestQueue();
    const [many, one] = [channel(), channel()];
    for (let number = 0; number < 1_000; number++) queue.push(many, frame(1));
    queue.push(one, frame(2));
    const given = drain(queue);
    expect(given).toHaveLength(1_001);
    expect(given.indexOf(2)).toBeLessThan(100);
  });

  it("keeps of refused requests no more than their headers, in their places", () => {
    const queue = new RequestQueue();
    const a = channel();
    queue.push(a, frame(1));
    for (let xid = 2; xid < 30_002; xid++) queue.refuse(a, xid, 5, 0);
    queue.push(a, frame(3));
    expect(a.outstanding).toBe(30_002);
    expect(queue.size).toBeLessThan(10);
    const arrivals: Arrival[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) arrivals.push(next);
    expect(arrivals[0]?.frame).toEqual(frame(1));
    expect(arrivals.at(-1)?.frame).toEqual(frame(3));
    const refused = arrivals.flatMap((arrival) => arrival.refused ?? []);
    expect(refused.filter((_, index) => index % 2 === 0)).toEqual(
      Array.from({ length: 30_000 }, (_, index) => index + 2),
    );
    expect(a.outstanding).toBe(0);
  });

  it("gives its memory back while it is never empty", () => {
    const queue = new RequestQueue();
    const channels = Array.from({ length: 3 }, () => channel());
    const seen: (number | undefined)[] = [];
    for (let step = 0; step < 10_000; step++) {
      for (const each of channels) queue.push(each, frame(step));
      queue.peek(8, () => {});
      seen.push(queue.shift()?.frame?.[0], queue.shift()?.frame?.[0]);
    }
    expect(queue.size).toBe(10_000);
    seen.push(...drain(queue));
    expect(seen).toHaveLength(30_000);
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
    slow.closed = true;
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
