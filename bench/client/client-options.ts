/**
 * The command line of `npm run bench:client`, checked.
 */
import { OptionError, parseNames, parseValues } from "../command-line.ts";
import { type LibraryName, libraryNames } from "./client-library.ts";

export const USAGE = `Usage: npm run bench:client -- [options]

  --rounds N    measured rounds, after one to warm up (5)
  --seconds S   length of each measurement (1.5)
  --only a,b    only these client libraries: ${libraryNames.join(", ")}
  --json        the report as JSON on stdout instead of tables
  --help        this text

What the servers do without a client library in the way: npm run bench -- --help`;

export interface ClientOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly libraries: readonly LibraryName[];
  readonly json: boolean;
  readonly help: boolean;
}

const ROUNDS_MAX = 100;
const SECONDS_MAX = 15;

/** @throws OptionError naming what is wrong. */
export function parseClientOptions(args: readonly string[]): ClientOptions {
  const values = parseValues(args, {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1.5" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new OptionError(`--rounds must be a whole number from 1 to ${ROUNDS_MAX}`);
  }
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
    throw new OptionError(`--seconds must be above 0 and at most ${SECONDS_MAX}`);
  }
  const libraries = parseNames("--only", values.only, libraryNames);
  return { rounds, seconds, libraries, json: values.json, help: values.help };
}
