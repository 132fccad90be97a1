import { describe, expect, it } from "vitest";
import { AddressList } from "../../../src/client/address-list.ts";

const BACKOFF = { initialMs: 100, maxMs: 1_000 };

function roundOf(list: AddressList, size: number): string[] {
  return Array.from({ length: size }, () => list.next());
}

describe("the list of addresses", () => {
  it("gives all of them in every round, in any order", () => {
    const addresses = ["a", "b", "c"];
    const list = new AddressList(addresses, BACKOFF, Math.random);
    const orders = new Set<string>();
    for (let i = 0; i < 1_000; i++) {
      const round = roundOf(list, 3);
      expect(round.toSorted()).toEqual(addresses);
      orders.add(round.join(""));
    }
    expect(orders.size).toBe(6);
  });

  it("pauses between rounds, longer each time, up to the longest", () => {
    const list = new AddressList(["a", "b"], BACKOFF, () => 0.999_999);
    const pauses: number[] = [];
    for (let i = 0; i < 12; i++) {
      list.next();
      pauses.push(Math.round(list.nextDelayMs()));
    }
    expect(pauses).toEqual([0, 100, 0, 200, 0, 400, 0, 800, 0, 1_000, 0, 1_000]);
  });

  it("waits a random part of a pause", () => {
    let random = 0;
    const list = new AddressList(["a"], BACKOFF, () => random);
    list.next();
    expect(list.nextDelayMs()).toBe(0);
    random = 0.25;
    expect(list.nextDelayMs()).toBe(25);
  });

  it("starts over when a connection worked", () => {
    const list = new AddressList(["a", "b"], BACKOFF, () => 0.5);
    roundOf(list, 6);
    list.next();
    list.onSuccess();
    expect(list.nextDelayMs()).toBe(50);
    expect(roundOf(list, 2).toSorted()).toEqual(["a", "b"]);
  });
});
