/**
 * Runs once before the interop suite: makes sure of its packages, and provides `interopAddress`,
 * the `host:port` that every script talks to. That is `EDGEKEEPER_INTEROP_ADDRESS` when set, which
 * is the address of any ZooKeeper with TTLs switched on (`zookeeper.extendedTypesEnabled`) and
 * otherwise its default configuration, or `real` for one that is started for this run; when not
 * set, an Edgekeeper started for this run.
 */
import type { TestProject } from "vitest/node";
import { startRealZooKeeper } from "../support/real-zookeeper.ts";
import { ensureInteropPackages } from "./requirements.ts";

/** By default a server looks for empty containers and ended TTLs once a minute, which is long for a test to wait. */
const CONTAINER_CHECK_INTERVAL_MS = 1000;

declare module "vitest" {
  export interface ProvidedContext {
    interopAddress: string;
    /** URL of the AdminServer's commands; undefined where it is not known. */
    interopAdmin: string | undefined;
  }
}

export default async function setup(
  project: TestProject,
): Promise<(() => Promise<void>) | undefined> {
  ensureInteropPackages();

  const address = process.env["EDGEKEEPER_INTEROP_ADDRESS"];
  if (address === "real") {
    const server = await startRealZooKeeper({
      adminServer: true,
      extraJvmFlags: [
        "-Dzookeeper.extendedTypesEnabled=true",
        `-Dznode.container.checkIntervalMs=${CONTAINER_CHECK_INTERVAL_MS}`,
      ],
    });
    project.provide("interopAddress", `${server.host}:${server.port}`);
    project.provide("interopAdmin", `http://${server.host}:${server.adminPort}/commands`);
    return async () => {
      await server.stop();
    };
  }
  if (address !== undefined && address !== "") {
    if (!/^[^:]+:\d+$/.test(address)) {
      throw new Error(`EDGEKEEPER_INTEROP_ADDRESS must be host:port or "real", not "${address}"`);
    }
    project.provide("interopAddress", address);
    project.provide("interopAdmin", process.env["EDGEKEEPER_INTEROP_ADMIN"]);
    return undefined;
  }

  // Imported only here, so that a run against another server does not need a built Edgekeeper.
  const { startEdgekeeper } = await import("../support/edgekeeper-server.ts");
  const vars = [
    `CONTAINER_CHECK_INTERVAL_MS:${CONTAINER_CHECK_INTERVAL_MS}`,
    "FOUR_LETTER_WORDS:*",
  ];
  const server = await startEdgekeeper({
    args: vars.flatMap((text) => ["--var", text]),
  });
  project.provide("interopAddress", `${server.host}:${server.zkPort}`);
  project.provide("interopAdmin", `http://${server.host}:${server.httpPort}/commands`);
  return async () => {
    await server.stop();
  };
}
