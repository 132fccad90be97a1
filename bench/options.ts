/**
 * The command line, checked. What is wrong with it is an {@link OptionError} of one line.
 */
import { OptionError, parseNames, parseValues } from "./command-line.ts";
import { scenarioNames } from "./scenarios.ts";
import { type ServerName, serverNames } from "./servers.ts";
import type { Address } from "./tcp-channel.ts";

export const USAGE = `Usage: npm run bench -- [options]

  --rounds N            measured rounds, after one to warm up (5)
  --seconds S           length of each scenario in each round (1.5)
  --scenario a,b        only these: ${scenarioNames.join(", ")}
  --only a,b            only these servers: ${serverNames.join(", ")}
  --json                the report as JSON on stdout instead of tables
  --svg FOLDER          plots of the report as well, into this folder
  --calibrate           load an ideal server inside this process: the most that the generator can do
  --zookeeper H:P       a running ZooKeeper, instead of starting one (or env BENCH_ZOOKEEPER)
  --edgekeeper H:P      a running Edgekeeper, instead of starting one (or env BENCH_EDGEKEEPER)
  --edgekeeper-http H:P its HTTP address, for the cost (or env BENCH_EDGEKEEPER_HTTP)
  --help                this text

A lock through client libraries: npm run bench:client -- --help
Large trees, many children, sessions and watches, and overload: npm run bench:scale -- --help`;

export interface BenchOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly scenarios: readonly string[];
  readonly servers: readonly ServerName[];
  readonly json: boolean;
  /** Undefined for no plots. */
  readonly svg: string | undefined;
  readonly calibrate: boolean;
  readonly help: boolean;
  readonly addresses: { readonly [name in ServerName]?: Address };
  readonly edgekeeperHttp: Address | undefined;
}

const ROUNDS_MAX = 100;

/** A session that only waits while others load must not expire, in the warm-up of twice the length neither. */
const SECONDS_MAX = 15;

export function parseOptions(args: readonly string[]): BenchOptions {
  const values = readValues(args);
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new OptionError(`--rounds must be a whole number from 1 to ${ROUNDS_MAX}`);
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
    throw new OptionError(`--seconds must be above 0 and at most ${SECONDS_MAX}`);
  }
  const zookeeper = parseAddress("--zookeeper", values.zookeeper);
  const edgekeeper = parseAddress("--edgekeeper", values.edgekeeper);
  return {
    rounds,
    seconds,
    scenarios: parseNames("--scenario", values.scenario, scenarioNames),
    servers: parseNames("--only", values.only, serverNames),
    json: values.json,
    svg: values.svg === "" ? undefined : values.svg,
    calibrate: values.calibrate,
    help: values.help,
    addresses: { ...(zookeeper && { zookeeper }), ...(edgekeeper && { edgekeeper }) },
    edgekeeperHttp: parseAddress("--edgekeeper-http", values["edgekeeper-http"]),
  };
}

function readValues(args: readonly string[]) {
  const { env } = process;
  return parseValues(args, {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1.5" },
    scenario: { type: "string", default: "" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    svg: { type: "string", default: "" },
    calibrate: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
    zookeeper: { type: "string", default: env["BENCH_ZOOKEEPER"] ?? "" },
    edgekeeper: { type: "string", default: env["BENCH_EDGEKEEPER"] ?? "" },
    "edgekeeper-http": { type: "string", default: env["BENCH_EDGEKEEPER_HTTP"] ?? "" },
  });
}

function parseAddress(option: string, value: string): Address | undefined {
  if (value === "") return undefined;
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(value) ?? [];
  if (host === undefined || port === undefined) {
    throw new OptionError(`${option} must be host:port, not "${value}"`);
  }
  return { host, port: Number(port) };
}
