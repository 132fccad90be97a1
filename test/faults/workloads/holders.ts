/**
 * What all that can be acquired is put to: some wait for ever, some for a while, some not at all.
 */
import { OperationTimeoutError } from "../../../src/client/index.ts";
import type { Held } from "../../../src/recipes/index.ts";
import { unfailing } from "../explained.ts";
import type { FaultClient, World } from "../world.ts";

const PATIENCE_MS = 400;

interface Acquirable {
  acquire(options?: { readonly timeoutMs: number }): Promise<Held>;
  tryAcquire(): Promise<Held | undefined>;
}

/** Undefined for whoever has given up. */
export async function acquireSomehow(
  world: World,
  recipe: Acquirable,
  { name, random }: FaultClient,
): Promise<Held | undefined> {
  const choice = random.below(6);
  if (choice === 0) return await unfailing({ world, name }, recipe.tryAcquire());
  if (choice > 1) return await unfailing({ world, name }, recipe.acquire());
  try {
    const timeoutMs = random.below(PATIENCE_MS);
    return await unfailing({ world, name }, recipe.acquire({ timeoutMs }));
  } catch (error) {
    if (error instanceof OperationTimeoutError) return undefined;
    throw error;
  }
}
