/**
 * The few assertions that the cases need, since no test framework runs everywhere.
 */
const POLL_MS = 10;
const PATIENCE_MS = 10_000;

/** @throws Error unless both look the same: numbers, texts, bytes, lists and plain objects of them. */
export function assertEqual(actual: unknown, expected: unknown): void {
  const [found, wanted] = [show(actual), show(expected)];
  if (found !== wanted) throw new Error(`expected ${wanted}, found ${found}`);
}

/** @throws Error naming what was not so. */
export function assert(isSo: boolean, what: string): asserts isSo {
  if (!isSo) throw new Error(`not so: ${what}`);
}

/** What the promise is rejected with; @throws Error when that is of another class, or nothing. */
export async function assertRejects<E extends Error>(
  promise: Promise<unknown>,
  expected: new (...args: never[]) => E,
): Promise<E> {
  let problem: string;
  try {
    problem = `resolved with ${show(await promise)}`;
  } catch (error) {
    if (error instanceof expected) return error;
    problem = `rejected with ${String(error)}`;
  }
  throw new Error(`expected ${expected.name}, but it ${problem}`);
}

/** Looks again and again until it is so; for what nobody tells us of. */
export async function until(what: string, probe: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!(await probe())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not within ${PATIENCE_MS} ms`);
    await new Promise<void>((resolve) => void setTimeout(resolve, POLL_MS));
  }
}

/** Data as text. */
export function text(data: Uint8Array | null | undefined): string {
  return new TextDecoder().decode(data ?? new Uint8Array());
}

function show(value: unknown): string {
  const written = JSON.stringify(value, (_key, each: unknown) => {
    if (each instanceof Uint8Array) return `bytes ${each.join(" ")}`;
    return typeof each === "bigint" ? `${each}n` : each;
  });
  return written ?? String(value);
}
