/**
 * Workers of the benchmarks' own, configured as Edgekeeper's is and run by the same binary.
 */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleWorker } from "../../scripts/server/worker-bundle.ts";
import { formatWorkerdConfig } from "../../scripts/server/workerd-config.ts";
import { readWranglerConfig, type WranglerConfig } from "../../scripts/server/wrangler-config.ts";

const repository = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BUNDLE = "worker.js";

/**
 * Writes all that workerd reads into `folder`, and returns its configuration file.
 *
 * @param main The Worker's module, from the top of the repository.
 * @param change What is not as in wrangler.toml.
 */
export async function writeWorkerConfig(
  folder: string,
  host: string,
  main: string,
  change: {
    readonly vars?: Readonly<Record<string, unknown>>;
    readonly wrangler?: Partial<WranglerConfig>;
  },
): Promise<string> {
  await bundleWorker(repository, main, join(folder, BUNDLE));
  const config = formatWorkerdConfig({
    wrangler: { ...readWranglerConfig(join(repository, "wrangler.toml")), ...change.wrangler },
    bundle: BUNDLE,
    vars: change.vars ?? {},
    sockets: { http: `${host}:0`, zookeeper: `${host}:0` },
    dataPath: folder,
  });
  const file = join(folder, "config.capnp");
  writeFileSync(file, config);
  return file;
}
