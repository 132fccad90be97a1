/**
 * The counter of the `Counter` recipe, in its format `text`.
 */
import { ErrorCode, errorOf, NodeExistsError } from "../client/index.ts";
import { OpCode } from "../protocol/op-code.ts";
import { Counter, CounterDataError, CounterRangeError } from "../recipes/index.ts";
import type { CallContext } from "./call-context.ts";
import type { CallsOf } from "./calls-of.ts";
import { invalid } from "./parameters.ts";
import { withParents } from "./parents.ts";

export const counterCalls: CallsOf<"getCounter" | "addToCounter" | "setCounter"> = {
  async getCounter(context, { path }) {
    const zk = await context.zk();
    return { value: await counting(path, () => new Counter(zk, path).get()) };
  },

  async addToCounter(context, { path, delta }) {
    const counter = await counterOf(context, path);
    for (;;) {
      const previous = await counting(path, () => counter.get());
      const value = previous + delta;
      const answer = { value, previous };
      if (await change(context, path, answer, () => counter.compareAndSet(previous, value))) {
        return answer;
      }
    }
  },

  async setCounter(context, { path, value, expected }) {
    const counter = await counterOf(context, path);
    const answer = { set: true, value };
    const isSet = await change(context, path, answer, async () => {
      if (expected !== undefined) return await counter.compareAndSet(expected, value);
      await counter.set(value);
      return true;
    });
    return isSet ? answer : { set: false, value: await counting(path, () => counter.get()) };
  },
};

/** A counter that is there: so the one write that changes it is what the call comes to. */
async function counterOf(context: CallContext, path: string): Promise<Counter> {
  const zk = await context.zk();
  if ((await zk.exists(path)) === undefined) {
    try {
      // Empty data is a counter that nobody has changed.
      await withParents(zk, path, true, () => zk.create(path, null));
    } catch (error) {
      if (!(error instanceof NodeExistsError)) throw error;
    }
  }
  return new Counter(zk, path);
}

async function change(
  { journal }: CallContext,
  path: string,
  answer: unknown,
  run: () => Promise<boolean>,
): Promise<boolean> {
  journal?.noteAnswer(answer, OpCode.setData);
  return await counting(path, run);
}

/** Runs something of the recipe, whose errors of its own are no ZooKeeper errors. */
async function counting<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof CounterRangeError) throw invalid(error.message);
    if (!(error instanceof CounterDataError)) throw error;
    throw errorOf(ErrorCode.badArguments, { path, message: error.message });
  }
}
