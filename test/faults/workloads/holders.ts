/**
 * What all that can be acquired is put to: some wait for ever, some for a while, some not at all.
 */
import { OperationTimeoutError } from "../../../src/client/index.ts";
import type { Held } from "../../../src/recipes/index.ts";
import type { SeededRandom } from "../../../src/testing/index.ts";

const PATIENCE_MS = 400;

interface Acquirable {
  acquire(options?: { readonly timeoutMs: number }): Promise<Held>;
  tryAcquire(): Promise<Held | undefined>;
}

/** Undefined for whoever has given up. */
export async function acquireSomehow(
  recipe: Acquirable,
  random: SeededRandom,
): Promise<Held | undefined> {
  const choice = random.below(6);
  if (choice === 0) return await recipe.tryAcquire();
  if (choice > 1) return await recipe.acquire();
  try {
    return await recipe.acquire({ timeoutMs: random.below(PATIENCE_MS) });
  } catch (error) {
    if (error instanceof OperationTimeoutError) return undefined;
    throw error;
  }
}
