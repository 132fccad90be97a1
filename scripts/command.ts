/**
 * What our commands have in common: options, one-line errors, and an orderly end on a signal.
 */
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

const portMax = 65_535;

/** An error that the user can act on: the message is one line and says it all, so no stack is shown. */
export class UserError extends Error {
  override name = "UserError";
}

/**
 * Runs a command to its end and exits: with 0, with 1 and the error on stderr, or with 0 after a signal, which the
 * command learns of through its abort signal. A second signal changes nothing: Ctrl-C often arrives twice, from the
 * terminal and from npm.
 */
export async function runCommand(
  name: string,
  command: (stop: AbortSignal) => Promise<void>,
): Promise<never> {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", () => {
      // Whoever read our output has gone (EPIPE). That is no reason to stop serving.
    });
  }
  try {
    await command(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) process.exit(0); // What was under way was cut short, as asked.
    const isExpected = error instanceof UserError;
    const text = isExpected ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${name}: ${text}\n`);
    process.exit(1);
  }
  process.exit(0);
}

/** Like `parseArgs`, strict, with errors fit for users. */
export function parseOptions<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UserError(explain(error));
  }
}

function explain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // "Unknown option '--x'. To specify …": the first sentence says it.
  const summary = message.split(/\.\s/)[0] ?? message;
  const hint =
    code === "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL"
      ? ": with npm, options go after `--`" // It keeps `--port 1234` for itself otherwise, and passes on the 1234.
      : "";
  return `${summary.charAt(0).toLowerCase()}${summary.slice(1)}${hint} (see --help)`;
}

/** A TCP port given as text; 0 leaves the choice to the system. */
export function parsePort(option: string, text: string): number {
  return parseInteger(option, text, 0, portMax);
}

export function parseInteger(option: string, text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UserError(`${option} takes a whole number from ${min} to ${max}, not "${text}"`);
}
