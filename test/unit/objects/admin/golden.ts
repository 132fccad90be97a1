/**
 * What a real ZooKeeper 3.8.0 answered in the state of {@link Scene} (see capture.ts), and how its answers are compared with
 * ours: without what differs from run to run.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FourLetterWord } from "../../../../src/objects/admin/four-letter-words.ts";

interface Golden {
  readonly words: Readonly<Record<FourLetterWord, readonly string[]>>;
  /** After `crst`. */
  readonly resetWords: { readonly cons: readonly string[] };
  /** With the whitelist `ruok, wchs`. */
  readonly refused: Readonly<Record<FourLetterWord, readonly string[]>>;
  readonly index: { readonly body: readonly string[] };
  readonly contentType: string;
  readonly commands: Readonly<Record<string, readonly string[]>>;
  /** The name under which a command answers that is asked for by another one. */
  readonly commandOf: Readonly<Record<string, string>>;
  /** After `crst` and `srst`. */
  readonly resetCommands: Readonly<Record<string, readonly string[]>>;
}

const file = join(import.meta.dirname, "zookeeper-3.8.0-admin.json");

export const golden = JSON.parse(readFileSync(file, "utf8")) as Golden;

export function textOf(lines: readonly string[] | undefined): string {
  if (lines === undefined) throw new RangeError("nothing of that name was recorded");
  return lines.join("\n");
}

const MASKS: readonly (readonly [what: RegExp, mask: string])[] = [
  [/3\.8\.0-[^\s,]+(, built on \S+ \S+ UTC)?/, "<version>"],
  [/0x[0-9a-f]{9,}/g, "0x<id>"],
  [/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>"],
  [/\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4}/, "<date>"],
  [/\b(est|lresp|llat|minlat|avglat|maxlat)=\d+/g, "$1=<number>"],
  [
    /^Latency min\/avg\/max: \d+\/\d+\.\d+\/\d+$/,
    "Latency min/avg/max: <number>/<double>/<number>",
  ],
  [/^(Received|Sent|Node count|datadir_size|logdir_size): \d+$/, "$1: <number>"],
  [/^(clientPort|dataDirSize|dataLogSize)=\d+$/, "$1=<number>"],
  [/^(dataDir|dataLogDir)=\S+$/, "$1=<text>"],
];

/** A text without what differs from run to run, and with what has no order in a fixed one. */
export function masked(text: string): string {
  // ZooKeeper keeps intervals in which nothing expires any more, and counts them.
  const lines = text.split("\n").filter((line) => !line.startsWith("0 expire at "));
  const named = lines.map((line) =>
    MASKS.reduce((rest, [what, mask]) => rest.replace(what, mask), line).replace(
      /^(.*Sets) \(\d+\)/,
      "$1 (<number>)",
    ),
  );
  return sortedGroups(named).join("\n");
}

/** Sorts neighbouring lines that are connections, and groups of a title with indented lines. */
function sortedGroups(lines: readonly string[]): string[] {
  const groups: string[][] = [];
  for (const line of lines) {
    if (line.startsWith("\t") && groups.length > 0) groups.at(-1)?.push(line);
    else groups.push([line]);
  }
  const sorted: string[][] = [];
  let run: string[][] = [];
  const flush = (): void => {
    sorted.push(...run.toSorted((left, right) => (left.join("\n") < right.join("\n") ? -1 : 1)));
    run = [];
  };
  for (const [title = "", ...entries] of groups) {
    const isSortable = title.startsWith(" /") || entries.length > 0;
    if (!isSortable) flush();
    run.push([title, ...entries.toSorted()]);
    if (!isSortable) flush();
  }
  flush();
  return sorted.flat();
}
