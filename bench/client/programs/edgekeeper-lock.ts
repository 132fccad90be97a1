/**
 * Acquires and releases a lock with the client of this repository, all the time, when told to. How it is told, and what it
 * answers, is in `lock-program.ts`.
 */
import { createInterface } from "node:readline";
import { connect } from "../../../src/client/index.ts";
import { Lock } from "../../../src/recipes/lock.ts";

const [url = ""] = process.argv.slice(2);
const zk = await connect(url);
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const [path = "", seconds] = line.split(" ");
  process.stdout.write(`${(await cycle(path, Number(seconds))).join(" ")}\n`);
}
await zk.close();

async function cycle(path: string, seconds: number): Promise<number[]> {
  const lock = new Lock(zk, path);
  const figures: number[] = [];
  const startedMs = performance.now();
  const endAtMs = startedMs + seconds * 1000;
  let [nowMs, token] = [startedMs, -1];
  while (nowMs < endAtMs) {
    const held = await lock.acquire();
    if (held.token <= token) throw new Error(`token ${held.token} came after ${token}`);
    token = held.token;
    await held.release();
    const doneMs = performance.now();
    figures.push(Math.round((doneMs - nowMs) * 1000));
    nowMs = doneMs;
  }
  return [Math.round((nowMs - startedMs) * 1000), ...figures];
}
