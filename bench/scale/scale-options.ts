/**
 * The command line of `npm run bench:scale`.
 */
import { parseArgs } from "node:util";
import { type ServerName, serverNames } from "./server-name.ts";

/** What a part may be made smaller or larger with. */
const SIZES = {
  znodes: { default: 1_000_000, what: "tree: znodes of 100 bytes, a thousand under each parent" },
  "heap-mb": { default: 1024, what: "heap of ZooKeeper, in MB" },
  rounds: { default: 3, what: "tree: rounds of each latency measurement" },
  seconds: { default: 2, what: "tree, overload: length of each latency measurement" },
  children: { default: 100_000, what: "children: znodes under one parent" },
  sessions: { default: 10_000, what: "idle: sessions that are measured; twice as many must work" },
  "idle-seconds": { default: 60, what: "idle: how long heartbeats are watched" },
  watchers: { default: 100, what: "watches: sessions" },
  watches: { default: 1_000, what: "watches: watches of each session" },
  fired: { default: 10, what: "watches: how many of each session fire at once" },
  "overload-seconds": { default: 10, what: "overload: how long it lasts" },
  "overload-unanswered": {
    default: 60_000,
    what: "overload: requests in flight on a connection past which it sends no more",
  },
  "overload-factor": { default: 10, what: "overload: how many times what the server can take" },
} as const;

export type SizeName = keyof typeof SIZES;
export type ScaleSizes = { readonly [name in SizeName]: number };

export interface ScaleOptions {
  readonly parts: readonly string[];
  readonly servers: readonly ServerName[];
  readonly json: boolean;
  readonly help: boolean;
  readonly sizes: ScaleSizes;
}

export class OptionError extends Error {
  override name = "OptionError";
}

export function usage(partNames: readonly string[]): string {
  const sizes = Object.entries(SIZES).map(
    ([name, size]) => `  --${`${name} N`.padEnd(20)}  ${size.what} (${size.default})`,
  );
  return [
    "Usage: npm run bench:scale -- [options]",
    "",
    `  --only a,b              only these parts: ${partNames.join(", ")}`,
    `  --server NAME           only ${serverNames.join(" or only ")}`,
    "  --json                  the report as JSON on stdout instead of tables",
    ...sizes,
    "  --help                  this text",
  ].join("\n");
}

/**
 * @throws OptionError naming what is wrong.
 */
export function parseScaleOptions(
  args: readonly string[],
  partNames: readonly string[],
): ScaleOptions {
  const values = parseValues(args);
  const sizes: Record<string, number> = {};
  for (const [name, size] of Object.entries(SIZES)) {
    const text = values[name];
    const value = typeof text === "string" ? Number(text) : size.default;
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`--${name} must be a whole number above 0`);
    }
    sizes[name] = value;
  }
  return {
    parts: parseNames("--only", values["only"], partNames),
    servers: parseNames("--server", values["server"], serverNames),
    json: values["json"] === true,
    help: values["help"] === true,
    sizes: sizes as ScaleSizes,
  };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

function parseValues(args: readonly string[]): Values {
  const text = { type: "string" } as const;
  const flag = { type: "boolean", default: false } as const;
  const sizes = Object.fromEntries(Object.keys(SIZES).map((name) => [name, text]));
  try {
    const options = { ...sizes, only: text, server: text, json: flag, help: flag };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new OptionError(`${(error as Error).message.split(". ")[0]} (see --help)`);
  }
}

/** A list of known names with commas between; all of them when there is none. */
function parseNames<Name extends string>(
  option: string,
  value: string | boolean | undefined,
  known: readonly Name[],
): readonly Name[] {
  if (typeof value !== "string") return known;
  const wanted = value.split(",");
  const unknown = wanted.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) {
    throw new OptionError(`${option} knows no "${unknown}", only ${known.join(", ")}`);
  }
  return known.filter((name) => wanted.includes(name));
}
