/**
 * A workerd that only echoes, configured as Edgekeeper's own and run from the same binary.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { WorkerdProcess } from "../../scripts/server/workerd-process.ts";
import type { Server } from "../servers.ts";
import { writeWorkerConfig } from "../servers/worker-config.ts";

const host = "127.0.0.1";
const CLASS_NAME = "EchoObject";

export async function startEcho(): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "bench-echo-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  const workerd = new WorkerdProcess(
    await writeWorkerConfig(folder, host, "bench/echo/worker/echo-worker.ts", {
      wrangler: { vars: {}, durableObjects: [{ binding: "ECHO", className: CLASS_NAME }] },
    }),
  );
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
