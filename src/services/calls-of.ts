import type { CallContext } from "./call-context.ts";
import type { CallName, Calls } from "./call.ts";

/** How calls are performed, by name. */
export type CallsOf<Name extends CallName> = {
  readonly [N in Name]: (
    context: CallContext,
    takes: Readonly<Calls[N]["takes"]>,
  ) => Promise<Calls[N]["gives"]>;
};
