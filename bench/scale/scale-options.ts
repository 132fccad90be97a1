/**
 * The command line of `npm run bench:scale`.
 */
import { OptionError, parseNames, parseValues } from "../command-line.ts";
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

export function usage(partNames: readonly string[]): string {
  const sizes = Object.entries(SIZES).map(
    ([name, size]) => `  --${`${name} N`.padEnd(22)}  ${size.what} (${size.default})`,
  );
  return [
    "Usage: npm run bench:scale -- [options]",
    "",
    `  --only a,b                only these parts: ${partNames.join(", ")}`,
    `  --server a,b              only these servers: ${serverNames.join(", ")}`,
    "  --json                    the report as JSON on stdout instead of tables",
    ...sizes,
    "  --help                    this text",
    "",
    "Load beside other servers, and what operations cost: npm run bench -- --help",
  ].join("\n");
}

/**
 * @throws OptionError naming what is wrong.
 */
export function parseScaleOptions(
  args: readonly string[],
  partNames: readonly string[],
): ScaleOptions {
  const values = readValues(args);
  const given: Readonly<Record<string, unknown>> = values.sizes;
  const sizes: Record<string, number> = {};
  for (const [name, size] of Object.entries(SIZES)) {
    const text = given[name];
    const value = text === "" ? size.default : Number(text);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`--${name} must be a whole number above 0`);
    }
    sizes[name] = value;
  }
  return {
    parts: parseNames("--only", values.only, partNames),
    servers: parseNames("--server", values.server, serverNames),
    json: values.json,
    help: values.help,
    sizes: sizes as ScaleSizes,
  };
}

function readValues(args: readonly string[]) {
  const text = { type: "string", default: "" } as const;
  const flag = { type: "boolean", default: false } as const;
  const sizeOptions: Record<string, typeof text> = {};
  for (const name of Object.keys(SIZES)) sizeOptions[name] = text;
  const { only, server, json, help, ...sizes } = parseValues(args, {
    ...sizeOptions,
    only: text,
    server: text,
    json: flag,
    help: flag,
  });
  return { only, server, json, help, sizes };
}
