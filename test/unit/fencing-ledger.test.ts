/**
 * What the ledger of a fencing run finds, and what it lets pass.
 */
import { describe, expect, it } from "vitest";
import { FencedResource } from "../fencing/fenced-resource.ts";
import { Ledger } from "../fencing/ledger.ts";

class Somebody {
  readonly name: string;
  readonly token: number;
  holds = true;

  constructor(name: string, token: number) {
    this.name = name;
    this.token = token;
  }

  isValid(): boolean {
    return this.holds;
  }
}

describe("the ledger", () => {
  it("has nothing against one after the other", () => {
    const ledger = new Ledger();
    for (const token of [3, 5, 8]) {
      const holder = new Somebody("a", token);
      ledger.enter(holder);
      ledger.write(holder, true);
      ledger.leave(holder);
    }
    expect(ledger).toMatchObject({ problems: [], acquisitions: 3, accepted: 3, refused: 0 });
  });

  it("finds two who hold it together", () => {
    const ledger = new Ledger();
    ledger.enter(new Somebody("a", 1));
    ledger.enter(new Somebody("b", 2));
    expect(ledger.problems).toEqual(["b (2) together with a (1)"]);
  });

  it("lets one follow who does not hold it any more, and never said so", () => {
    const ledger = new Ledger();
    const late = new Somebody("late", 1);
    ledger.enter(late);
    late.holds = false;
    ledger.enter(new Somebody("b", 2));
    expect(ledger.problems).toEqual([]);
  });

  it("finds tokens that do not grow", () => {
    const ledger = new Ledger();
    const first = new Somebody("a", 2);
    ledger.enter(first);
    ledger.leave(first);
    ledger.enter(new Somebody("b", 2));
    expect(ledger.problems).toEqual(["b (2) came after 2"]);
  });

  it("finds a stale write that was taken", () => {
    const ledger = new Ledger();
    const [late, next] = [new Somebody("late", 1), new Somebody("next", 2)];
    ledger.enter(late);
    late.holds = false;
    ledger.enter(next);
    ledger.write(next, true);
    ledger.write(late, false);
    expect(ledger).toMatchObject({ problems: [], refused: 1 });
    ledger.write(late, true);
    expect(ledger.problems).toEqual(["took a stale write of late (1) after 2"]);
  });

  it("finds a holder who was refused", () => {
    const ledger = new Ledger();
    const holder = new Somebody("a", 1);
    ledger.enter(holder);
    ledger.write(holder, false);
    expect(ledger.problems).toEqual(["refused a (1), who holds the lock"]);
  });
});

describe("the resource", () => {
  it("takes what is not older than what it has seen", () => {
    const resource = new FencedResource();
    expect([2, 2, 1, 3, 2].map((token) => resource.write(token))).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    const careless = new FencedResource(false);
    expect([2, 1].map((token) => careless.write(token))).toEqual([true, true]);
  });
});
