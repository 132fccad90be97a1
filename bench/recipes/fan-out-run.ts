/**
 * One change that many sessions watch for, over and over: how long until the last of them knows.
 */
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { measurementOf, meter, type Sink, Stopwatch } from "../meter.ts";
import type { Run } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { median } from "../statistics.ts";
import { znodeData } from "../znode.ts";
import { within } from "./deadline.ts";
import type { FanOutDriver, Watcher } from "./fan-out-driver.ts";
import { someAtOnce } from "./some-at-once.ts";

export const WATCHERS = 500;

const AT_ONCE = 32;
const ALL_TIMEOUT_MS = 30_000;

export function fanOutRun(driver: FanOutDriver): Run {
  return async (server, root, seconds) => {
    const audience = new Audience(driver);
    const changer = await driver.openChanger(server.address);
    try {
      await changer.create(root, znodeData(0, 0));
      await audience.gather(server, root);
      const timesMs: number[] = [];
      const endAtMs = performance.now() + seconds * 1000;
      const metered = await meter(server, async () => {
        do {
          const write = timesMs.length + 1;
          await audience.arm(znodeData(0, write - 1));
          const data = znodeData(0, write);
          timesMs.push(await audience.attend(() => changer.change(root, data)));
        } while (performance.now() < endAtMs && audience.errors.count === 0);
      });
      // Whatever comes only now is one event too many.
      await audience.arm(znodeData(0, timesMs.length));
      await audience.leave();
      await changer.remove(root);
      await changer.close();
      const { elapsedMs, generatorBusy } = audience.stopwatch;
      const measured = { ...metered, elapsedMs, generatorBusy };
      return measurementOf(measured, timesMs.length * WATCHERS, audience, median(timesMs));
    } finally {
      audience.destroy();
      changer.destroy();
    }
  };
}

/** All watching sessions, and how many of them have answered, or know. */
class Audience implements Sink {
  readonly latencies = new LatencyHistogram();
  readonly errors = new ErrorLog();
  readonly stopwatch = new Stopwatch();
  readonly #driver: FanOutDriver;
  readonly #sessions: Watcher[] = [];
  #missing = 0;
  #changedAtMs = 0;
  #onAll: () => void = () => {};

  constructor(driver: FanOutDriver) {
    this.#driver = driver;
  }

  async gather({ address }: Server, path: string): Promise<void> {
    const listener = {
      onArmed: () => this.#count(),
      onEvent: () => {
        this.latencies.record(performance.now() - this.#changedAtMs);
        this.#count();
      },
      onWrong: (what: string) => this.errors.add(what),
    };
    await someAtOnce(Array.from({ length: WATCHERS }), AT_ONCE, async () => {
      this.#sessions.push(await this.#driver.openWatcher(address, path, listener));
    });
  }

  async arm(expected: Uint8Array): Promise<void> {
    await this.#all("watches", () => this.#sessions.forEach((session) => session.arm(expected)));
  }

  /** Makes the change, and resolves with the time until every session has its event. */
  async attend(change: () => Promise<unknown>): Promise<number> {
    let changed: Promise<unknown> = Promise.resolve();
    const timeMs = await this.stopwatch.time(() =>
      this.#all("events", () => {
        this.#changedAtMs = performance.now();
        changed = change();
      }),
    );
    await changed;
    return timeMs;
  }

  async leave(): Promise<void> {
    await someAtOnce(this.#sessions, AT_ONCE, (session) => session.close());
  }

  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  /** Resolves when all sessions have reported what the action makes them report. */
  async #all(what: string, action: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#missing = this.#sessions.length;
    this.#onAll = resolve;
    action();
    await within(ALL_TIMEOUT_MS, `${WATCHERS} ${what}`, promise);
  }

  #count(): void {
    if (--this.#missing === 0) this.#onAll();
  }
}
