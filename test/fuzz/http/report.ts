/** What a run came to, in lines. */
import type { Report } from "./run.ts";

/** Of findings that are alike the first few say enough. */
const SHOWN = 20;

export function printReport(
  { statuses, findings, unreached }: Report,
  print: (line: string) => void,
): void {
  for (const [operation, counts] of statuses) {
    const parts = [...counts].toSorted(([a], [b]) => a - b).map(([status, n]) => `${status}×${n}`);
    print(`${operation.padEnd(16)} ${parts.join("  ")}`);
  }
  for (const { operation, fault, request, what } of findings.slice(0, SHOWN)) {
    print(`FOUND: ${operation} (${fault}): ${what}\n  ${request.slice(0, 1_000)}`);
  }
  if (findings.length > SHOWN) print(`… and ${findings.length - SHOWN} more`);
  if (unreached.length > 0) print(`NEVER SUCCEEDED: ${unreached.join(", ")}`);
  if (findings.length === 0 && unreached.length === 0) print("nothing found");
}
