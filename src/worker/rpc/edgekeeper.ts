/**
 * The entrypoint for service bindings: `env.EDGEKEEPER.namespace("app").getData("/a")`.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import { type EdgekeeperEnv, withDefaults } from "../../objects/settings.ts";
import type { BindingProps } from "../access/binding.ts";
import { CallSender } from "./call-sender.ts";
import { Namespace } from "./namespace.ts";

export interface NamespaceOptions {
  /** Narrows what the binding may do to what the token may. */
  readonly token?: string | undefined;
}

export class Edgekeeper extends WorkerEntrypoint<EdgekeeperEnv, BindingProps> {
  /**
   * The calls of one namespace. There is no need to wait for it: with a call on what it gives it is one round trip. It does not
   * fail, so that nobody has to catch what they do not wait for; its calls do.
   */
  namespace(name: string, { token }: NamespaceOptions = {}): Namespace {
    const { env, ctx } = this;
    const sender = new CallSender({
      env: withDefaults(env),
      namespace: name,
      props: ctx.props,
      token,
      waitUntil: (promise) => ctx.waitUntil(promise),
    });
    return new Namespace(sender);
  }
}
