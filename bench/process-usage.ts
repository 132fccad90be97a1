/**
 * Processor time of a server and of the processes that it started, read from /proc. Elsewhere than on Linux it is
 * unknown, and nothing depends on it.
 */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

const QUIET_BELOW = 0.1;
const QUIET_WINDOW_MS = 100;
const QUIET_TIMEOUT_MS = 3_000;

/** Seconds of processor time that the process and its living descendants have used; undefined when unknown. */
export async function processorSeconds(pid: number): Promise<number | undefined> {
  const own = await ownProcessorSeconds(pid);
  if (own === undefined) return undefined;
  const children = await childrenOf(pid);
  const seconds = await Promise.all(children.map(processorSeconds));
  return seconds.reduce<number>((sum, value) => sum + (value ?? 0), own);
}

/**
 * Waits until the process has nothing left to do (a snapshot, a checkpoint, garbage), so that it does not disturb the
 * measurement of another one; at most 3 s.
 */
export async function waitUntilQuiet(pid: number): Promise<void> {
  const giveUpAtMs = performance.now() + QUIET_TIMEOUT_MS;
  let before = await processorSeconds(pid);
  while (before !== undefined && performance.now() < giveUpAtMs) {
    await delay(QUIET_WINDOW_MS);
    const after = await processorSeconds(pid);
    if (after === undefined || (after - before) * 1000 < QUIET_WINDOW_MS * QUIET_BELOW) return;
    before = after;
  }
}

async function ownProcessorSeconds(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // The second field is the name in parentheses, which may itself contain spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [userTicks, systemTicks] = [fields[11], fields[12]];
  return (Number(userTicks) + Number(systemTicks)) / TICKS_PER_SECOND;
}

async function childrenOf(pid: number): Promise<number[]> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = tasks.map((task) =>
    readFile(`/proc/${pid}/task/${task}/children`, "utf8").catch(() => ""),
  );
  return (await Promise.all(lists)).flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}
