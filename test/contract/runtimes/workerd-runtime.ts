/** The cases in a Worker of their own, which reaches the server as it would any other: by its URL. */
import { convertV4MiniflareOptions, Miniflare, Response } from "miniflare";
import { guardAgainstOrphan } from "../../../scripts/server/orphan-guard.ts";
import { findChild } from "../../support/edgekeeper-server.ts";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import type { NetworkFailure } from "../suite/contract-case.ts";
import { bundle, type ContractRuntime, failAt } from "./contract-runtime.ts";

export async function startWorkerdRuntime(host: string, port: number): Promise<ContractRuntime> {
  const proxy = await FaultyProxy.start(host, port);
  const options = convertV4MiniflareOptions({
    modules: true,
    script: await bundle("worker/contract-worker.ts", { format: "esm", platform: "neutral" }),
    compatibilityDate: "2026-10-01",
    bindings: { SERVER_URL: `ws://127.0.0.1:${proxy.port}/v1/workerd` },
    serviceBindings: {
      NETWORK: async (request) => {
        failAt(proxy, (await request.text()) as NetworkFailure);
        return new Response();
      },
    },
  });
  const worker = new Miniflare(options);
  await worker.ready;
  // A test runner may be killed before it gets to clean up.
  const pid = findChild(process.pid, "workerd serve");
  const guard = pid === undefined ? undefined : guardAgainstOrphan(pid);
  return {
    run: async (name) => {
      const answer = await worker.dispatchFetch("http://contract", { method: "POST", body: name });
      const text = await answer.text();
      return text === "" ? undefined : text;
    },
    [Symbol.asyncDispose]: async () => {
      await worker.dispose();
      guard?.[Symbol.dispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}
