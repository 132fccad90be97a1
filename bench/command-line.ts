/**
 * What the benchmarks' commands have in common: how they read their arguments, and how they end.
 */
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/** What is wrong with the arguments, in one line. */
export class OptionError extends Error {
  override name = "OptionError";
}

/** @throws OptionError for what is not an option, or lacks its value. */
export function parseValues<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    // Node's message may go on with advice; its first sentence says what is wrong.
    throw new OptionError(`${(error as Error).message.split(". ")[0]} (see --help)`);
  }
}

/**
 * A list of known names separated by commas; all of them when it is empty.
 *
 * @throws OptionError for another name.
 */
export function parseNames<Name extends string>(
  option: string,
  value: string,
  known: readonly Name[],
): readonly Name[] {
  if (value === "") return known;
  const wanted = value.split(",");
  const unknown = wanted.find((name) => !known.includes(name as Name));
  if (unknown !== undefined) {
    throw new OptionError(`${option} knows no "${unknown}", only ${known.join(", ")}`);
  }
  return known.filter((name) => wanted.includes(name));
}

/** Runs a command to its end. The exit code is 2 when its arguments are wrong, and 1 when it failed. */
export async function runCommand(command: (args: readonly string[]) => Promise<void>) {
  // The servers are killed when this process exits, which a signal alone would not make it do in order.
  process.once("SIGINT", () => process.exit(130));
  process.once("SIGTERM", () => process.exit(143));
  try {
    await command(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`bench: ${messageOf(error)}\n`);
    process.exitCode = error instanceof OptionError ? 2 : 1;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
