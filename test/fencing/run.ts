/**
 * A fencing run: clients of all kinds take turns with locks, pause for longer than their ttl, and die; whatever they then
 * write must not be taken.
 */
import { SeededRandom } from "../../src/testing/index.ts";
import { startWorkers } from "../process/support/workers.ts";
import { type Client, TTL_MS, type Turn } from "./client.ts";
import { type Bug, GuardedLock } from "./guarded-lock.ts";
import { HTTPClient } from "./http-client.ts";
import { RPCClient, RPCTurns } from "./rpc-client.ts";
import { SocketClient } from "./socket-client.ts";

export interface FencingOptions {
  readonly seed: number;
  readonly acquisitions: number;
  readonly clients: number;
  readonly locks: number;
  /** One turn in so many pauses for longer than the ttl, one pauses for less, and one ends with a death. */
  readonly pauseOneIn: number;
  readonly bug?: Bug | undefined;
  readonly onProgress?: ((acquisitions: number) => void) | undefined;
}

export interface FencingResult {
  readonly problems: readonly string[];
  readonly acquisitions: number;
  /** By the kind of client. */
  readonly turns: Readonly<Record<string, number>>;
  readonly accepted: number;
  /** Writes of those who came too late. */
  readonly refused: number;
}

const TICK_MS = 100;
/** Past a ttl, until it is surely over. */
const GRACE_MS = 3 * TICK_MS;
const VARS = { ACCESS: "open", TICK_TIME_MS: TICK_MS, MIN_SESSION_TIMEOUT_MS: TTL_MS };

const KINDS = {
  http: async (name: string, url: URL) => new HTTPClient(name, url),
  rpc: async (name: string, url: URL, turns: RPCTurns) => new RPCClient(name, url, turns),
  socket: async (name: string, url: URL) => await SocketClient.open(name, url),
} satisfies Record<string, (name: string, url: URL, turns: RPCTurns) => Promise<Client>>;

export async function runFencing(options: FencingOptions): Promise<FencingResult> {
  const { seed, acquisitions, bug, onProgress } = options;
  const random = new SeededRandom(seed);
  const rpcTurns = new RPCTurns();
  await using workers = await startWorkers({
    caller: "test/fencing/worker/fencing-worker.ts",
    vars: VARS,
    onTest: (body) => rpcTurns.onReport(body),
  });
  await using clients = new AsyncDisposableStack();
  const locks = Array.from({ length: options.locks }, (_, i) => new GuardedLock(`/lock-${i}`, bug));
  const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
  const turns: Record<string, number> = {};
  const sum = (count: (lock: GuardedLock) => number): number =>
    locks.reduce((total, lock) => total + count(lock), 0);
  const taken = (): number => sum(({ ledger }) => ledger.acquisitions);
  const play = async (index: number): Promise<void> => {
    const kind = kinds[index % kinds.length] ?? "http";
    const client = clients.use(await KINDS[kind](`${kind}-${index}`, workers.url, rpcTurns));
    const own = random.fork();
    while (taken() < acquisitions) {
      if (!(await client.take(nextTurn(own, locks, options)))) continue;
      turns[kind] = (turns[kind] ?? 0) + 1;
      onProgress?.(taken());
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, index) => play(index)));
  return {
    problems: locks.flatMap(({ ledger }) => ledger.problems),
    acquisitions: taken(),
    turns,
    accepted: sum(({ ledger }) => ledger.accepted),
    refused: sum(({ ledger }) => ledger.refused),
  };
}

function nextTurn(
  random: SeededRandom,
  locks: readonly GuardedLock[],
  { pauseOneIn }: FencingOptions,
): Turn {
  const lock = locks[random.below(locks.length)];
  if (lock === undefined) throw new RangeError("there are no locks");
  return { lock, pauseMs: nextPauseMs(random, pauseOneIn), dies: random.below(pauseOneIn) === 0 };
}

/** Some pause for longer than the ttl, and as many for not so long: they still hold what they came back to. */
function nextPauseMs(random: SeededRandom, pauseOneIn: number): number {
  switch (random.below(pauseOneIn)) {
    case 0:
      return TTL_MS + GRACE_MS + random.below(TTL_MS);
    case 1:
      return random.below(TTL_MS / 2);
    default:
      return 0;
  }
}
