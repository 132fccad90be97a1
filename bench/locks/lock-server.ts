/**
 * A workerd with Edgekeeper, and beside it a Worker that is bound to it. Data is on disk, as with `npm start`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../scripts/server/worker-bundle.ts";
import { WorkerdProcess } from "../../scripts/server/workerd-process.ts";
import { readWranglerConfig } from "../../scripts/server/wrangler-config.ts";

export interface LockServer {
  readonly pid: number | undefined;
  /** Ports of Edgekeeper's HTTP API, and of the Worker that is bound to it. */
  readonly httpPort: number;
  readonly workerPort: number;
  stop(): Promise<void>;
}

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export async function startLockServer(): Promise<LockServer> {
  const folder = mkdtempSync(join(tmpdir(), "bench-locks-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  await bundleWorker(repository, "src/worker/index.ts", join(folder, "edgekeeper.js"));
  const caller = "bench/locks/worker/cycling-worker.ts";
  await bundleWorker(repository, caller, join(folder, "caller.js"));
  const file = join(folder, "config.capnp");
  writeFileSync(file, configText(folder));
  const workerd = new WorkerdProcess(file);
  const ports = await Promise.race([workerd.listening, workerd.ended]);
  if (typeof ports === "string") throw new Error(`workerd did not start: ${ports}`);
  return {
    pid: workerd.pid,
    httpPort: ports.http,
    workerPort: ports.zookeeper,
    stop: async () => {
      await workerd.stop();
      process.off("exit", remove);
      remove();
    },
  };
}

/** The names of the sockets are those that `WorkerdProcess` waits for. */
function configText(folder: string): string {
  const { compatibilityDate, compatibilityFlags, vars } = readWranglerConfig(
    join(repository, "wrangler.toml"),
  );
  const bindings = Object.entries({ ...vars, ACCESS: "open" }).map(
    ([name, value]) => `(name = "${name}", json = ${JSON.stringify(JSON.stringify(value))}),`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edgekeeper", worker = .edgekeeperWorker),
    (name = "caller", worker = .callerWorker),
    (name = "disk", disk = (path = ${JSON.stringify(folder)}, writable = true)),
  ],
  sockets = [
    (name = "http", address = "127.0.0.1:0", http = (), service = "edgekeeper"),
    (name = "zookeeper", address = "127.0.0.1:0", http = (), service = "caller"),
  ],
);
const edgekeeperWorker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "edgekeeper.js")],
  compatibilityDate = "${compatibilityDate}",
  compatibilityFlags = [${compatibilityFlags.map((flag) => `"${flag}"`).join(", ")}],
  bindings = [
    ${bindings.join("\n    ")}
    (name = "SUBTREE", durableObjectNamespace = "SubtreeObject"),
  ],
  durableObjectNamespaces = [
    (className = "SubtreeObject", uniqueKey = "bench-locks", enableSql = true),
  ],
  durableObjectStorage = (localDisk = "disk"),
);
const callerWorker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "caller.js")],
  compatibilityDate = "${compatibilityDate}",
  bindings = [(name = "EDGEKEEPER", service = (name = "edgekeeper", entrypoint = "Edgekeeper"))],
);
`;
}
