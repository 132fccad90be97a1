/** The cases in this process. */
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import { runCase } from "../suite/run-case.ts";
import { type ContractRuntime, failAt } from "./contract-runtime.ts";

/** `urlOf` gives the URL of whatever listens at that port. */
export async function startNodeRuntime(
  host: string,
  port: number,
  urlOf: (port: number) => string,
): Promise<ContractRuntime> {
  const proxy = await FaultyProxy.start(host, port);
  const url = urlOf(proxy.port);
  return {
    run: (name) => runCase(name, { url, fail: async (failure) => failAt(proxy, failure) }),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}
