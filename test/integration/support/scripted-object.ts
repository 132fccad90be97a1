/** An object that answers calls as a test says, behind the real Worker. */
import { createExecutionContext, env } from "cloudflare:test";
import type { Env } from "../../../src/objects/env.ts";
import type { Call, Caller, CallResult } from "../../../src/services/call.ts";
import worker from "../../../src/worker/index.ts";
import { type Answer, answerOf } from "./http.ts";

/** Answers a call, or throws what a stub throws. */
export type Script = (call: Call, caller: Caller) => CallResult | Promise<CallResult>;

export class ScriptedObject {
  readonly asked: { readonly call: Call; readonly caller: Caller }[] = [];
  readonly #env: Env;

  constructor(script: Script, variables: Partial<Env> = {}) {
    const perform = async (caller: Caller, call: Call): Promise<CallResult> => {
      this.asked.push({ call, caller });
      return script(call, caller);
    };
    const stub = {
      perform,
      // A promise that one can ask before it is kept, as one over RPC.
      begin: (caller: Caller, call: Call) => {
        const outcome = (): Promise<CallResult> => perform(caller, call);
        const begun = { outcome, [Symbol.dispose]: () => undefined };
        return Object.assign(Promise.resolve(begun), { outcome });
      },
      adminCommand: async () => ({ status: 404, contentType: "text/plain", body: "" }),
    };
    const namespace = { getByName: () => stub } as unknown as Env["SUBTREE"];
    this.#env = { ...env, SUBTREE: namespace, ...variables };
  }

  async ask(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    return answerOf(await this.fetch(method, path, init));
  }

  async fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const request = new Request(`http://edgekeeper${path}`, { ...init, method });
    return worker.fetch(request, this.#env, createExecutionContext());
  }
}

export function failed(code: number, name: string): CallResult {
  return { ok: false, zxid: 7, error: { code, name, message: `${name}, in words`, path: "/a" } };
}

export function done(value: unknown): CallResult {
  return { ok: true, zxid: 7, value } as CallResult;
}
