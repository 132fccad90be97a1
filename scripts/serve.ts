/**
 * `npm start`: serves the Worker on workerd itself, with a TCP port for ZooKeeper clients and the data in a folder.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, UserError } from "./command.ts";
import { takeDataDirectory } from "./server/data-directory.ts";
import { type Access, chooseAccess } from "./server/access-choice.ts";
import { findFault } from "./server/health-check.ts";
import {
  formatEndpoint,
  isLoopback,
  reachableAddress,
  resolveHost,
} from "./server/host-address.ts";
import { parseServeOptions, type ServeOptions, serveHelp } from "./server/serve-options.ts";
import { bundleWorker } from "./server/worker-bundle.ts";
import { formatWorkerdConfig } from "./server/workerd-config.ts";
import { type BindFailure, type Ports, WorkerdProcess } from "./server/workerd-process.ts";
import { readWranglerConfig } from "./server/wrangler-config.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

await runCommand("edgekeeper", async (stop) => {
  const options = parseServeOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(serveHelp);
  else await serve(options, stop);
});

/** Serves until told to stop; throws when serving ends otherwise. */
async function serve(options: ServeOptions, stop: AbortSignal): Promise<void> {
  const address = await resolveHost(options.host);
  const access = await chooseAccess(options.vars, options.host, isLoopback(address));
  using data = takeDataDirectory(options.data);
  const buildFolder = mkdtempSync(join(tmpdir(), "edgekeeper-"));
  let workerd: WorkerdProcess | undefined;
  try {
    const configFile = await prepare(buildFolder, options, address, access, data.path);
    stop.throwIfAborted();
    workerd = new WorkerdProcess(configFile);
    const ports = await waitUntilServing(workerd, options, address, stop);
    workerd.showOutput();
    rmSync(buildFolder, { recursive: true }); // All read by now, and a launcher killed later leaves nothing behind.
    const { host } = options;
    if (!isLoopback(address) && access === "open") {
      process.stderr.write(
        `edgekeeper: warning: ${host} is not loopback: whoever reaches these ports has full access\n`,
      );
    }
    process.stdout.write(
      `edgekeeper ready http=http://${formatEndpoint(host, ports.http)}` +
        ` zookeeper=${formatEndpoint(host, ports.zookeeper)} data=${options.data} access=${access}\n`,
    );
    const end = await Promise.race([workerd.ended, aborted(stop)]);
    if (!stop.aborted) throw new UserError(`workerd ${end}`);
  } finally {
    await workerd?.stop();
    rmSync(buildFolder, { recursive: true, force: true });
  }
}

/** Writes all that workerd reads into `folder`, and returns its configuration file. */
async function prepare(
  folder: string,
  options: ServeOptions,
  address: string,
  access: Access,
  dataPath: string,
): Promise<string> {
  const wrangler = readWranglerConfig(join(root, "wrangler.toml"));
  const bundle = "worker.js";
  await bundleWorker(root, wrangler.main, join(folder, bundle));
  const configFile = join(folder, "config.capnp");
  const vars = {
    // Whoever connects could set any header: nothing stands in front that would take it off.
    ADDRESS_HEADER: "",
    ...(options.zkPort !== 0 && { TCP_PORT: options.zkPort }),
    ...options.vars,
    ACCESS: access,
    ...(options.tickTimeMs !== undefined && { TICK_TIME_MS: options.tickTimeMs }),
  };
  const sockets = {
    http: formatEndpoint(address, options.port),
    zookeeper: formatEndpoint(address, options.zkPort),
  };
  writeFileSync(configFile, formatWorkerdConfig({ wrangler, bundle, vars, sockets, dataPath }));
  return configFile;
}

async function waitUntilServing(
  workerd: WorkerdProcess,
  options: ServeOptions,
  address: string,
  stop: AbortSignal,
): Promise<Ports> {
  const outcome = await Promise.race([workerd.listening, workerd.ended, aborted(stop)]);
  stop.throwIfAborted();
  if (typeof outcome === "object") {
    const check = findFault(reachableAddress(address), outcome.http);
    const fault = await Promise.race([check, workerd.ended, aborted(stop)]);
    stop.throwIfAborted();
    if (fault === undefined) return outcome;
    workerd.showOutput();
    throw new UserError(`workerd started, but ${fault}`);
  }
  if (workerd.bindFailures.length > 0) {
    throw new UserError(describeBindFailures(workerd.bindFailures, options));
  }
  workerd.showOutput();
  throw new UserError(`workerd ${outcome} before it was ready`);
}

function describeBindFailures(failures: readonly BindFailure[], options: ServeOptions): string {
  const described = failures.map(({ socket, reason }) => {
    if (reason === "Cannot assign requested address") {
      return `--host ${options.host}: not an address of this machine`;
    }
    const port = socket === "http" ? `--port ${options.port}` : `--zk-port ${options.zkPort}`;
    return reason === "Address already in use"
      ? `${port}: in use by another program`
      : `${port}: cannot listen there (${reason})`;
  });
  return [...new Set(described)].join("; ");
}

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
