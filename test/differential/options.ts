/** Options of `npm run test:differential`. */
import { parseArgs } from "node:util";

export interface Options {
  readonly seeds: readonly number[];
  /** Steps of each seed. */
  readonly ops: number;
  readonly sessions: number;
  readonly enforceQuota: boolean;
  readonly restart: boolean;
  readonly shrinks: boolean;
  readonly playsRegressions: boolean;
}

export const help = `Usage: npm run test:differential -- [options]

Plays random streams of operations on a real ZooKeeper 3.8.0 and on Edgekeeper, and compares all that clients see.

Options:
  --seed <number>       first seed; without it 1, 2, 3, 4 and a random one
  --seeds <number>      how many, counting on from the first (1)
  --ops <number>        steps of each (3000)
  --sessions <number>   clients (8)
  --enforce-quota       both servers with hard quotas in force
  --restart             kill both servers in the middle of each stream
  --no-shrink           report a failing stream as it is
  --no-regressions      leave out the streams of test/differential/regressions
`;

const FIXED_SEEDS = [1, 2, 3, 4];

export function parseOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: "string" },
      seeds: { type: "string", default: "1" },
      ops: { type: "string", default: "3000" },
      sessions: { type: "string", default: "8" },
      "enforce-quota": { type: "boolean", default: false },
      restart: { type: "boolean", default: false },
      "no-shrink": { type: "boolean", default: false },
      "no-regressions": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const first = values.seed === undefined ? undefined : count("--seed", values.seed);
  return {
    seeds:
      first === undefined
        ? [...FIXED_SEEDS, Math.floor(Math.random() * 1_000_000_000)]
        : Array.from({ length: count("--seeds", values.seeds) }, (_, index) => first + index),
    ops: count("--ops", values.ops),
    sessions: count("--sessions", values.sessions),
    enforceQuota: values["enforce-quota"],
    restart: values.restart,
    shrinks: !values["no-shrink"],
    playsRegressions: !values["no-regressions"],
  };
}

function count(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${name} must be a number, not "${text}"`);
  return Number(text);
}
