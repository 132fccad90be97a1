/**
 * Random streams. The generator guesses what its steps do, to aim at znodes that are probably there; what they really do it
 * never learns, so a seed always gives the same stream.
 */
import { Random } from "../process/support/random.ts";
import { Guess } from "./guess.ts";
import { RequestGenerator } from "./request-generator.ts";
import type { ConnectStep, RequestStep, Step } from "./steps.ts";

export interface StreamShape {
  readonly seed: number;
  readonly ops: number;
  readonly sessions: number;
  /** Whether both servers are killed in the middle. */
  readonly restart: boolean;
}

/** What some clients say of themselves whenever they come, so that a stream does not lock itself out. */
const HABITS = ["super:test", "u:p", "v:q", "u:p"] as const;
/** Steps between two sweeps, and between two expiries, on average. */
const CLEAR_EVERY = 250;
const EXPIRE_EVERY = 1_500;

export function generateStream(shape: StreamShape): Step[] {
  return new StreamGenerator(shape).steps();
}

class StreamGenerator {
  readonly #shape: StreamShape;
  readonly #random: Random;
  readonly #guess: Guess;
  readonly #requests: RequestGenerator;
  /** Steps that have to come next. */
  readonly #next: Step[] = [];

  constructor(shape: StreamShape) {
    this.#shape = shape;
    this.#random = new Random(shape.seed);
    this.#guess = new Guess(shape.sessions);
    this.#requests = new RequestGenerator(this.#random, this.#guess);
  }

  steps(): Step[] {
    const { ops, sessions, restart } = this.#shape;
    const steps: Step[] = [];
    for (let s = 0; s < sessions; s++) {
      steps.push({ do: "connect", s });
      this.#guess.connected(s);
      this.#introduce(s, true);
    }
    while (steps.length < ops) {
      if (restart && steps.length === Math.floor(ops / 2)) {
        steps.push({ do: "restart" });
        this.#guess.restarted();
      }
      steps.push(this.#step());
    }
    return steps;
  }

  /** A client that has just come says who it is, or which watches it had. */
  #introduce(s: number, isFirst = false): void {
    const credential = HABITS[s];
    if (credential !== undefined && (isFirst || this.#random.below(4) > 0)) {
      const r: RequestStep = { op: "auth", scheme: "digest", credential };
      this.#guess.sent(s, r);
      this.#next.push({ do: "request", s, r });
    }
    if (!isFirst && this.#random.below(3) === 0) {
      this.#next.push({ do: "request", s, r: this.#requests.setWatches() });
    }
  }

  #step(): Step {
    const next = this.#next.shift();
    if (next !== undefined) return next;
    const random = this.#random;
    if (random.below(CLEAR_EVERY) === 0) {
      this.#guess.cleared();
      return { do: "clear" };
    }
    const s = random.below(this.#shape.sessions);
    if (random.below(EXPIRE_EVERY) === 0) {
      this.#guess.ended(s);
      return { do: "expire", s, held: random.below(2) === 0 };
    }
    if (!this.#guess.isConnected(s) && random.below(3) > 0) return this.#connect(s, false);
    const kind = random.below(100);
    if (kind < 2) {
      this.#guess.dropped(s);
      return { do: "drop", s };
    }
    if (kind < 4) return this.#connect(s, true);
    if (kind < 5) return this.#connect(s, false);
    if (kind < 10) return { do: "burst", s, rs: this.#burst(s) };
    return { do: "request", s, r: this.#requests.next(s) };
  }

  #connect(s: number, move: boolean): ConnectStep {
    const random = this.#random;
    const kind = random.below(20);
    const seen = random.pick(["zero", "last", "last"] as const);
    const step: ConnectStep = { do: "connect", s, seen, ...(move && { move }) };
    if (kind === 0) {
      if (move) this.#guess.dropped(s);
      return { ...step, passwd: random.pick(["wrong", "null", "short"]) };
    }
    if (kind === 1) {
      if (move) this.#guess.dropped(s);
      return { ...step, seen: "ahead" };
    }
    if (kind === 2) {
      if (move) this.#guess.dropped(s);
      return { ...step, foreign: true };
    }
    this.#guess.connected(s);
    this.#introduce(s);
    if (kind === 3) return { ...step, old: true };
    // Long enough to live through a slow moment; the shortest is for sessions that are to expire.
    if (kind === 4) return { ...step, timeout: random.pick([2_501, 4_000, 4_999, 2_147_483_647]) };
    return step;
  }

  #burst(s: number): RequestStep[] {
    const requests: RequestStep[] = [];
    for (let count = this.#random.between(2, 8); count > 0; count--) {
      const request = this.#requests.next(s, true);
      requests.push(request);
      if (request.op === "closeSession") break; // Whether anything behind it is answered is a race.
    }
    return requests;
  }
}
