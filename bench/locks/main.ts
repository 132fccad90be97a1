/**
 * `npm run bench:locks`: a lock acquired and released by callers without a connection, over HTTP and over RPC, beside the lock
 * that many make with Redis. The contestants take turns in every round. The report on stdout, progress on stderr.
 */
import { Agent } from "node:http";
import { runCommand } from "../command-line.ts";
import { describeEnvironment } from "../environment.ts";
import { waitUntilQuiet } from "../process-usage.ts";
import { median } from "../statistics.ts";
import { formatEnvironment } from "../text-report.ts";
import { formatTable } from "../text-table.ts";
import { type LockContestant, overHTTP, overRPC, withRedis } from "./contestants.ts";
import { startLockServer } from "./lock-server.ts";
import { parseLocksOptions, USAGE } from "./locks-options.ts";
import { type CycleRate, measureCycles } from "./measure-cycles.ts";
import { RedisConnection } from "./redis-connection.ts";
import { REDIS_MISSING, startRedis } from "./redis-server.ts";

/** In a round: what each contestant did, by its name and the concurrency. */
type Rates = Map<string, CycleRate[]>;

async function main(args: readonly string[]): Promise<void> {
  const { rounds, seconds, concurrencies, help } = parseLocksOptions(args);
  if (help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  await using stack = new AsyncDisposableStack();
  const agent = stack.adopt(new Agent({ keepAlive: true }), (used) => used.destroy());
  const server = await startLockServer();
  stack.defer(() => server.stop());
  const contestants = [overHTTP(server, agent), overRPC(server, agent)];
  const redis = await startRedis();
  if (redis !== undefined) {
    stack.defer(() => redis.stop());
    const connection = await RedisConnection.open("127.0.0.1", redis.port);
    stack.defer(() => connection.close());
    contestants.push(withRedis(redis, connection));
  }
  const rates: Rates = new Map();
  for (let round = 0; round <= rounds; round++) {
    for (const concurrency of concurrencies) {
      for (const contestant of contestants) {
        for (const { pid } of contestants) if (pid !== undefined) await waitUntilQuiet(pid);
        const rate = await measureCycles(contestant, concurrency, seconds);
        const label = round === 0 ? "warm-up" : `round ${round} of ${rounds}`;
        const figure = `${rate.perSecond.toFixed(0)} lock/s`;
        process.stderr.write(`${label}, ${concurrency} at a time, ${contestant.name}: ${figure}\n`);
        if (round > 0) append(rates, keyOf(contestant, concurrency), rate);
      }
    }
  }
  const environment = await describeEnvironment([]);
  const lines = [
    formatEnvironment(environment),
    redis === undefined ? REDIS_MISSING : `Redis ${redis.version}, appendfsync always`,
    `${rounds} rounds of ${seconds} s; each figure is the median of them, with the least and the most`,
    ...concurrencies.map((concurrency) => reportOf(contestants, concurrency, rates)),
  ];
  process.stdout.write(`${lines.join("\n\n")}\n`);
}

function keyOf({ name }: LockContestant, concurrency: number): string {
  return `${concurrency} ${name}`;
}

function append(rates: Rates, key: string, rate: CycleRate): void {
  const known = rates.get(key);
  if (known) known.push(rate);
  else rates.set(key, [rate]);
}

function reportOf(
  contestants: readonly LockContestant[],
  concurrency: number,
  rates: Rates,
): string {
  const header = ["", "lock/s", "", "p50 ms", "p99 ms", "server ms", "client busy"];
  const rows = contestants.map((contestant) => {
    const measured = rates.get(keyOf(contestant, concurrency)) ?? [];
    const of = (figure: (rate: CycleRate) => number): number[] => measured.map(figure);
    const perSecond = of((rate) => rate.perSecond);
    return [
      contestant.name,
      median(perSecond).toFixed(0),
      `${Math.min(...perSecond).toFixed(0)} to ${Math.max(...perSecond).toFixed(0)}`,
      median(of((rate) => rate.p50Ms)).toFixed(2),
      median(of((rate) => rate.p99Ms)).toFixed(2),
      median(of((rate) => rate.serverMs)).toFixed(2),
      `${(median(of((rate) => rate.clientBusy)) * 100).toFixed(0)} %`,
    ];
  });
  return `${concurrency} at a time, each a lock of its own\n${formatTable(header, rows)}`;
}

await runCommand(main);
