/**
 * Runs once before the interop suite: makes sure of its packages, and provides `interopAddress`,
 * the `host:port` that every script talks to. That is `EDGEKEEPER_INTEROP_ADDRESS` when set (any
 * ZooKeeper with its default configuration), otherwise an Edgekeeper started for this run.
 */
import type { TestProject } from "vitest/node";
import { ensureInteropPackages } from "./requirements.ts";

declare module "vitest" {
  export interface ProvidedContext {
    interopAddress: string;
  }
}

export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  ensureInteropPackages();

  const address = process.env["EDGEKEEPER_INTEROP_ADDRESS"];
  if (address !== undefined && address !== "") {
    if (!/^[^:]+:\d+$/.test(address)) {
      throw new Error(`EDGEKEEPER_INTEROP_ADDRESS must be host:port, not "${address}"`);
    }
    project.provide("interopAddress", address);
    return undefined;
  }

  // Imported only here, so that a run against another server does not need a built Edgekeeper.
  const { startEdgekeeper } = await import("../support/edgekeeper-server.ts");
  const server = await startEdgekeeper({});
  project.provide("interopAddress", `${server.host}:${server.zkPort}`);
  return async () => {
    await server.stop();
  };
}
