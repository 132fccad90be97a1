/** The contract of the client and the recipes, on any ZooKeeper. */
import { inject } from "vitest";
import { describeContract } from "../contract/describe-contract.ts";
import { startNodeRuntime } from "../contract/runtimes/node-runtime.ts";

describeContract(async () => {
  const [host = "", port] = inject("interopAddress").split(":");
  return await startNodeRuntime(host, Number(port), (at) => `zk://127.0.0.1:${at}`);
});
