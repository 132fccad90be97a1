/**
 * Edgekeeper as a service binding gives it.
 */
import { exports } from "cloudflare:workers";
import type { BindingProps } from "../../../src/worker/access/door.ts";
import type { Edgekeeper } from "../../../src/worker/rpc/edgekeeper.ts";
import type { EdgekeeperError } from "../../../src/worker/rpc/errors.ts";

interface Entrypoints {
  readonly Edgekeeper: Service<Edgekeeper> &
    ((options: { readonly props: BindingProps }) => Service<Edgekeeper>);
}

/** The binding; with props, one that they narrow. */
export function edgekeeper(props?: BindingProps): Service<Edgekeeper> {
  const { Edgekeeper } = exports as unknown as Entrypoints;
  return props === undefined ? Edgekeeper : Edgekeeper({ props });
}

/** What a call throws that is to fail. */
export async function failureOf(call: PromiseLike<unknown>): Promise<Partial<EdgekeeperError>> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
