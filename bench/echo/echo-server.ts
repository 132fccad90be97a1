/**
 * A workerd that only echoes, configured as Edgekeeper's own and run from the same binary.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../scripts/server/worker-bundle.ts";
import { formatWorkerdConfig } from "../../scripts/server/workerd-config.ts";
import { WorkerdProcess } from "../../scripts/server/workerd-process.ts";
import { readWranglerConfig } from "../../scripts/server/wrangler-config.ts";
import type { Server } from "../servers.ts";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const host = "127.0.0.1";
const CLASS_NAME = "EchoObject";

export async function startEcho(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "bench-echo-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const workerd = new WorkerdProcess(await writeConfig(folder));
  const stop = async (): Promise<void> => {
    await workerd.stop();
    process.off("exit", remove);
    remove();
  };
  const outcome = await Promise.race([workerd.listening, workerd.ended]);
  if (typeof outcome === "string") {
    await stop();
    throw new Error(`the echoing workerd ${outcome}`);
  }
  return {
    name: "echo",
    protocol: "echo",
    address: { host, port: outcome.zookeeper },
    ...(workerd.pid !== undefined && { pid: workerd.pid }),
    stop,
  };
}

/** Writes all that workerd reads into `folder`, and returns its configuration file. */
async function writeConfig(folder: string): Promise<string> {
  const bundle = "worker.js";
  await bundleWorker(repository, "bench/echo/worker/echo-worker.ts", join(folder, bundle));
  const { compatibilityDate, compatibilityFlags } = readWranglerConfig(
    join(repository, "wrangler.toml"),
  );
  const durableObjects = [{ binding: "ECHO", className: CLASS_NAME }];
  const main = bundle;
  const wrangler = { main, compatibilityDate, compatibilityFlags, vars: {}, durableObjects };
  const sockets = { http: `${host}:0`, zookeeper: `${host}:0` };
  const config = { wrangler, bundle, vars: {}, sockets, dataPath: folder };
  const file = join(folder, "config.capnp");
  writeFileSync(file, formatWorkerdConfig(config));
  return file;
}
