/** `30s`, `500ms`, `500`: milliseconds. */
import { invalid } from "./problem.ts";
import { WAIT_MS_MAX } from "./schemas.ts";

export function waitMsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Number.parseInt(text, 10) * (/\ds$/.test(text) ? 1_000 : 1);
  if (ms <= WAIT_MS_MAX) return ms;
  throw invalid({ in: "query", name: "wait", message: `at most ${WAIT_MS_MAX / 1_000}s` });
}
