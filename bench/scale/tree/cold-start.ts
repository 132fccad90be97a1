/**
 * How long a killed server takes until it answers the first getData.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { connectTcp } from "../../tcp-channel.ts";
import { ClientSession } from "../../client-session.ts";
import type { ScaleServer } from "../scale-server.ts";
import type { TestTree } from "./test-tree.ts";

export interface StartTimes {
  /** From the start of the first process to the first reply. */
  readonly fromStartMs: number;
  /** From the first connection that was accepted to the first reply, on whatever connection that was. */
  readonly fromConnectionMs: number;
  /** From the start of the first process to that of the one that serves, where that is another one. */
  readonly launcherMs: number;
}

const POLL_MS = 2;
const RETRY_MS = 100;
const TIMEOUT_MS = 120_000;

/** Makes the kernel forget all files; false where that is not allowed. */
export function dropPageCache(): boolean {
  try {
    execFileSync("sync");
    writeFileSync("/proc/sys/vm/drop_caches", "3");
    return true;
  } catch {
    return false; // Not root, or not on Linux.
  }
}

/** Starts a server that was killed, and reads one znode as soon as it lets anybody. */
export async function measureStart(server: ScaleServer, tree: TestTree): Promise<StartTimes> {
  const startedMs = performance.now();
  const started = server.start();
  const times: { connectedMs?: number; answeredMs?: number; wrong?: string } = {};
  while (times.answeredMs === undefined && performance.now() < startedMs + TIMEOUT_MS) {
    // A server that is not ready may take a connection and close it, or say nothing to it for ever: others are tried
    // meanwhile.
    await Promise.race([tryRead(server, tree, times), delay(RETRY_MS)]);
    if (times.answeredMs === undefined) await delay(POLL_MS);
  }
  await started;
  const { connectedMs = startedMs, answeredMs, wrong } = times;
  if (answeredMs === undefined) throw new Error(`no answer in ${TIMEOUT_MS} ms after the start`);
  if (wrong !== undefined) throw new Error(`after the start, ${wrong}`);
  return {
    fromStartMs: answeredMs - startedMs,
    fromConnectionMs: answeredMs - connectedMs,
    launcherMs: launcherMs(server.pids),
  };
}

/** Notes when a connection was taken first, and when a read was answered first, on whatever connection. */
async function tryRead(
  server: ScaleServer,
  tree: TestTree,
  times: { connectedMs?: number; answeredMs?: number; wrong?: string },
): Promise<void> {
  try {
    const channel = await connectTcp(server.address);
    times.connectedMs ??= performance.now();
    const session = await ClientSession.open(channel);
    const znode = Math.trunc(tree.size / 2);
    const wrong = await new Promise<string | undefined>((resolve, reject) =>
      session.send(
        { type: OpCode.getData, path: tree.path(znode), watch: false },
        (header, body) => resolve(tree.checkData(znode, header, body)),
        reject,
      ),
    );
    times.answeredMs ??= performance.now();
    if (wrong !== undefined) times.wrong = wrong;
    await session.close();
  } catch {
    // It does not serve yet.
  }
}

/** Milliseconds between the starts of the first and the last of the processes, to 10 ms. */
function launcherMs(pids: readonly number[]): number {
  const starts = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses, with whatever in it; the 22nd counts ticks of 10 ms since the boot.
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]) * 10;
  });
  return Math.max(...starts) - Math.min(...starts);
}
