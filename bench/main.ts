/**
 * `npm run bench`: Edgekeeper beside a real ZooKeeper, in one run, on one machine. Tables (or JSON) on stdout, progress
 * on stderr; the exit code is not 0 when anything was answered wrongly.
 */
import { messageOf, runCommand } from "./command-line.ts";
import { type CostReport, measureCost } from "./cost/cost-report.ts";
import { describeEnvironment } from "./environment.ts";
import { calibrate } from "./ideal/calibration.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { buildReport } from "./report.ts";
import { writeCharts } from "./report/svg/write-charts.ts";
import { runRounds } from "./rounds.ts";
import { COST_SCENARIO, loads, scenarios } from "./scenarios.ts";
import type { Server } from "./servers.ts";
import { startServers } from "./servers/start-servers.ts";
import { formatReport } from "./text-report.ts";

const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args);
  const { rounds, seconds } = options;
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
  } else if (options.calibrate) {
    const wanted = loads.filter(({ name }) => options.scenarios.includes(name));
    const { text, failures } = await calibrate(wanted, { rounds, seconds, onProgress });
    process.stdout.write(`${text}${failures.join("\n")}`);
    if (failures.length > 0) process.exitCode = 1;
  } else {
    await compare(options);
  }
}

async function compare(options: BenchOptions): Promise<void> {
  const servers: Server[] = [];
  const notes: string[] = [];
  try {
    await startServers(
      options,
      (server) => servers.push(server),
      (note) => notes.push(note),
    );
    const environment = await describeEnvironment(servers);
    const wanted = scenarios.filter(({ name }) => options.scenarios.includes(name));
    const { rounds, seconds } = options;
    const result = await runRounds(servers, wanted, { rounds, seconds, onProgress });
    const failures = [...result.failures];
    const cost = await tryCost(options, servers, (failure) => failures.push(failure));
    const run = { rounds, seconds, notes };
    const report = buildReport(run, environment, { ...result, failures }, cost);
    const text = options.json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report);
    process.stdout.write(text);
    if (options.svg !== undefined) {
      const names = await writeCharts(report, options.svg);
      onProgress(`plots in ${options.svg}: ${names.join(", ")}`);
    }
    if (failures.length > 0) fail(servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

function fail(servers: readonly Server[]): void {
  process.exitCode = 1;
  for (const server of servers) {
    const output = server.output?.();
    if (output !== undefined) onProgress(`what ${server.name} printed:\n${output}`);
  }
}

/** The cost, or a sentence that says why there is none. */
async function tryCost(
  options: BenchOptions,
  servers: readonly Server[],
  onFailure: (message: string) => void,
): Promise<CostReport | string> {
  if (!options.scenarios.includes(COST_SCENARIO)) return "not asked for";
  const edgekeeper = servers.find(({ name }) => name === "edgekeeper");
  if (edgekeeper === undefined) return "Edgekeeper was not measured";
  const { address, http } = edgekeeper;
  if (http === undefined) return "name its HTTP address with --edgekeeper-http";
  try {
    const cost = await measureCost({ zookeeper: address, http, onProgress });
    for (const excess of cost.excesses) onFailure(excess);
    return cost;
  } catch (error) {
    onFailure(`cost: ${messageOf(error)}`);
    return "not measured, see below";
  }
}

await runCommand(main);
