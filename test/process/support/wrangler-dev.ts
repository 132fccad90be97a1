/**
 * Workers under `wrangler dev`, on a free loopback port and with data of their own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { guardAgainstOrphan } from "../../../scripts/server/orphan-guard.ts";
import { node, root } from "../../support/edgekeeper-server.ts";

export const wrangler = join(root, "node_modules/wrangler/bin/wrangler.js");
/** It asks nobody anything, and tells nobody. */
export const wranglerEnv = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true" };

const READY = /Ready on (http:\/\/\S+)/;
const START_MS = 60_000;

export interface WranglerDev extends AsyncDisposable {
  /** Where the first of the Workers answers. */
  readonly url: string;
}

/** The first configuration is of the Worker that is asked; the others are bound to. */
export async function startWranglerDev(
  configs: readonly string[],
  vars: Readonly<Record<string, string>> = {},
): Promise<WranglerDev> {
  const state = mkdtempSync(join(tmpdir(), "edgekeeper-wrangler-"));
  const args = [
    ...configs.flatMap((config) => ["-c", config]),
    ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    "--show-interactive-dev-session=false",
    `--persist-to=${state}`,
    "--ip=127.0.0.1",
    "--port=0",
    "--inspector-port=0",
  ];
  const child = spawn(node, [wrangler, "dev", ...args], {
    cwd: root,
    env: wranglerEnv,
    stdio: ["ignore", "pipe", "pipe"],
    // In a process group of its own: it starts others, which are not to outlive it.
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
  // A test runner may be killed before it gets to clean up.
  const guard = child.pid === undefined ? undefined : guardAgainstOrphan(-child.pid);
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
    guard?.[Symbol.dispose]();
    rmSync(state, { recursive: true, force: true });
  };
  try {
    return { url: await whenReady(child), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function whenReady(child: ChildProcess): Promise<string> {
  let output = "";
  return await new Promise((resolve, reject) => {
    const give = (text: string): void => {
      output += text;
      const url = READY.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", give);
    child.once("close", () => reject(new Error(`wrangler dev ended:\n${output}`)));
    AbortSignal.timeout(START_MS).addEventListener("abort", () =>
      reject(new Error(`wrangler dev was not ready in ${START_MS} ms:\n${output}`)),
    );
  });
}
