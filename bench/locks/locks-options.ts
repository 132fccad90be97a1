/**
 * The command line of `npm run bench:locks`, checked.
 */
import { OptionError, parseValues } from "../command-line.ts";

export const USAGE = `Usage: npm run bench:locks -- [options]

  --rounds N         measured rounds, after one to warm up (5)
  --seconds S        length of each measurement (2)
  --concurrency a,b  locks at a time (1,16)
  --help             this text

Beside a Redis whose every write is synced, if Debian's redis-server is installed.`;

export interface LocksOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly concurrencies: readonly number[];
  readonly help: boolean;
}

const ROUNDS_MAX = 100;
const SECONDS_MAX = 30;
const CONCURRENCY_MAX = 1_000;

/** @throws OptionError naming what is wrong. */
export function parseLocksOptions(args: readonly string[]): LocksOptions {
  const values = parseValues(args, {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    concurrency: { type: "string", default: "1,16" },
    help: { type: "boolean", default: false },
  });
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const concurrencies = values.concurrency.split(",").map(Number);
  if (!isWhole(rounds, ROUNDS_MAX)) {
    throw new OptionError(`--rounds must be a whole number from 1 to ${ROUNDS_MAX}`);
  }
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
    throw new OptionError(`--seconds must be above 0 and at most ${SECONDS_MAX}`);
  }
  if (!concurrencies.every((concurrency) => isWhole(concurrency, CONCURRENCY_MAX))) {
    throw new OptionError(`--concurrency must be whole numbers from 1 to ${CONCURRENCY_MAX}`);
  }
  return { rounds, seconds, concurrencies, help: values.help };
}

function isWhole(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= max;
}
