/**
 * The most that the generator can do: the same scenarios on a server that does next to nothing, in another thread.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { runRounds } from "../rounds.ts";
import { reportScenario } from "../report.ts";
import type { Scenario } from "../scenario.ts";
import { formatTable } from "../text-table.ts";

export interface CalibrationOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly onProgress: (line: string) => void;
}

export interface Calibration {
  readonly text: string;
  readonly failures: readonly string[];
}

const NAME = "ideal server";

export async function calibrate(
  scenarios: readonly Scenario[],
  options: CalibrationOptions,
): Promise<Calibration> {
  const worker = new Worker(new URL("./ideal-server.ts", import.meta.url));
  worker.on("error", (error) => options.onProgress(`${NAME}: ${String(error)}`));
  const [port] = (await once(worker, "message")) as [number];
  const stop = async (): Promise<void> => void (await worker.terminate());
  const server = { name: NAME, address: { host: "127.0.0.1", port }, stop };
  const { results, failures } = await runRounds([server], scenarios, options);
  await stop();
  const rows = results.map(reportScenario).flatMap(({ title, servers }) => {
    const summary = servers[NAME];
    if (summary === undefined) return [];
    const { value: opsPerSecond, generatorBusy } = summary;
    // What the generator could do if the server answered at once: its thread would be busy all the time.
    const limit = opsPerSecond / generatorBusy;
    const generatorUs = (generatorBusy / opsPerSecond) * 1e6;
    return [[title, round(opsPerSecond), generatorUs.toFixed(2), round(limit)]];
  });
  const header = ["", "op/s on the ideal server", "generator us/op", "generator limit op/s"];
  return { text: `${formatTable(header, rows)}\n`, failures };
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
