/**
 * The order of measurements: in every round every scenario, in every scenario the servers in turn (A B A B …), so that
 * what the machine does meanwhile meets all alike. Round 0 warms up and is not counted.
 */
import { waitUntilQuiet } from "./process-usage.ts";
import type { Measurement, Run, Scenario } from "./scenario.ts";
import { protocolOf, type Server } from "./servers.ts";

/** The warm-up lasts longer than a round: it is what Java's second compiler needs to be done. */
const WARM_UP_FACTOR = 2;

export interface ScenarioResult {
  readonly scenario: Scenario;
  /** By server name, then by round: undefined where something went wrong. */
  readonly measured: ReadonlyMap<string, readonly (Measurement | undefined)[]>;
}

export interface RoundsResult {
  readonly results: readonly ScenarioResult[];
  /** One line for each thing that went wrong, the warm-up included. */
  readonly failures: readonly string[];
}

export interface RoundsOptions {
  readonly rounds: number;
  readonly seconds: number;
  /** How many rounds the warm-up is as long as. Default: 2. */
  readonly warmUpFactor?: number;
  readonly onProgress: (line: string) => void;
}

export async function runRounds(
  servers: readonly Server[],
  scenarios: readonly Scenario[],
  options: RoundsOptions,
): Promise<RoundsResult> {
  const failures: string[] = [];
  const measured = scenarios.map(() => new Map<string, (Measurement | undefined)[]>());
  const run = `${process.pid.toString(36)}-${Date.now().toString(36)}`;
  for (let round = 0; round <= options.rounds; round++) {
    const label = round === 0 ? "warm-up" : `round ${round} of ${options.rounds}`;
    const { warmUpFactor = WARM_UP_FACTOR } = options;
    const seconds = round === 0 ? options.seconds * warmUpFactor : options.seconds;
    for (const [index, scenario] of scenarios.entries()) {
      const root = `/bench-${run}-${scenario.name}-${round}`;
      for (const server of servers) {
        const runOnce = scenario.runs[protocolOf(server)];
        if (runOnce === undefined) continue;
        await quietAll(servers);
        const what = `${label}, ${scenario.name}, ${server.name}`;
        const measurement = await measure(runOnce, server, root, seconds, (failure) =>
          failures.push(`${what}: ${failure}`),
        );
        options.onProgress(`${what}: ${measurement ? describe(scenario, measurement) : "FAILED"}`);
        if (round > 0) append(measured[index], server.name, measurement);
      }
    }
  }
  const results = scenarios.map((scenario, index) => ({
    scenario,
    measured: measured[index] ?? new Map(),
  }));
  return { results, failures };
}

function append<Value>(to: Map<string, Value[]> | undefined, name: string, value: Value): void {
  const values = to?.get(name);
  if (values) values.push(value);
  else to?.set(name, [value]);
}

function describe({ figure }: Scenario, { value }: Measurement): string {
  return `${value.toFixed(figure.digits)} ${figure.unit}`;
}

/** Undefined after an error: a rate of wrong answers means nothing. */
async function measure(
  run: Run,
  server: Server,
  root: string,
  seconds: number,
  onFailure: (message: string) => void,
): Promise<Measurement | undefined> {
  try {
    const measurement = await run(server, root, seconds);
    const { count, examples } = measurement.errors;
    if (count === 0) return measurement;
    onFailure(`${count} ${count === 1 ? "error" : "errors"}: ${examples.join("; ")}`);
  } catch (error) {
    onFailure(error instanceof Error ? error.message : String(error));
  }
  return undefined;
}

async function quietAll(servers: readonly Server[]): Promise<void> {
  const pids = servers.flatMap(({ pid }) => pid ?? []);
  await Promise.all(pids.map(waitUntilQuiet));
}
