/**
 * `npm run bench:scale`: what large trees, many children, many sessions, many watches and too many requests do to
 * Edgekeeper, and to a real ZooKeeper beside it. The report on stdout, progress on stderr; the exit code is not 0 when
 * anything was answered wrongly. A goal that is missed is said, and is no error.
 */
import { runCommand } from "../command-line.ts";
import { ErrorLog } from "../error-log.ts";
import { describeEnvironment } from "../environment.ts";
import { children } from "./children/children-part.ts";
import { idle } from "./idle/idle-part.ts";
import { overload } from "./overload/overload-part.ts";
import { parseScaleOptions, usage } from "./scale-options.ts";
import type { PartReport, ScalePart } from "./scale-part.ts";
import { formatScaleReport } from "./scale-report.ts";
import { tree } from "./tree/tree-part.ts";
import { watches } from "./watches/watches-part.ts";

const parts: readonly ScalePart[] = [tree, children, idle, watches, overload];

const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: readonly string[]): Promise<void> {
  const names = parts.map(({ name }) => name);
  const options = parseScaleOptions(args, names);
  if (options.help) {
    process.stdout.write(`${usage(names)}\n`);
    return;
  }
  const { servers, sizes } = options;
  const errors = new ErrorLog();
  const environment = await describeEnvironment([]);
  const reports: PartReport[] = [];
  for (const part of parts.filter(({ name }) => options.parts.includes(name))) {
    onProgress(part.name);
    try {
      reports.push(await part.run({ servers, sizes, onProgress, errors }));
    } catch (error) {
      // The other parts have something to say all the same.
      errors.add(`${part.name}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`);
    }
  }
  process.stdout.write(
    options.json
      ? `${JSON.stringify({ environment, sizes, reports, errors }, null, 2)}\n`
      : formatScaleReport(environment, servers, reports, errors),
  );
  if (errors.count > 0) process.exitCode = 1;
}

await runCommand(main);
