/**
 * What bugs are made of: the package's recipes with some of them replaced.
 */
import * as published from "../../../src/recipes/index.ts";
import type { Held } from "../../../src/recipes/index.ts";
import type { Recipes } from "../workload.ts";

/** Bugs of what a workload is about, by what is wrong. */
export type Bugs = Readonly<Record<string, Recipes>>;

export function withBug(bug: Partial<Recipes>): Recipes {
  return { ...published, ...bug };
}

/** A handle some of which is not as it should be. */
export function spoiltHeld(held: Held, bug: Partial<Held>): Held {
  return {
    path: held.path,
    token: held.token,
    session: held.session,
    signal: held.signal,
    check: () => held.check(),
    release: () => held.release(),
    [Symbol.asyncDispose]: () => held.release(),
    ...bug,
  };
}

/** A handle that is never told that it is lost. */
export function deaf(held: Held): Held {
  return spoiltHeld(held, { signal: new AbortController().signal });
}
