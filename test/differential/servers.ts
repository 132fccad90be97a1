/**
 * The two servers that are compared, both as a test wants them: short ticks, the super user "super:test", TTLs, and no
 * deletions of their own accord, which would take zxids at times that nobody chooses.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { type RealZooKeeper, startRealZooKeeper } from "../support/real-zookeeper.ts";
import type { Address } from "./connection.ts";
import { Observer } from "./observer.ts";

const TICK_MS = 250;
const SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";
/** In milliseconds: containers stay. */
const NEVER_MS = 2_000_000_000;

export interface ServersOptions {
  readonly enforceQuota: boolean;
}

/** One of the two. */
export interface Side {
  readonly name: "real" | "own";
  readonly address: Address;
  readonly observer: Observer;
  readonly restart: () => Promise<Address>;
}

export class Servers implements AsyncDisposable {
  readonly #options: ServersOptions;
  readonly #real: RealZooKeeper;
  readonly #dataDir: string;
  #own: EdgekeeperServer;
  readonly #observers: readonly [Observer, Observer];

  private constructor(
    options: ServersOptions,
    real: RealZooKeeper,
    own: EdgekeeperServer,
    dataDir: string,
    observers: readonly [Observer, Observer],
  ) {
    this.#options = options;
    this.#real = real;
    this.#own = own;
    this.#dataDir = dataDir;
    this.#observers = observers;
    process.once("exit", this.#removeData);
  }

  static async start(options: ServersOptions): Promise<Servers> {
    const dataDir = mkdtempSync(join(tmpdir(), "edgekeeper-differential-"));
    const [real, own] = await Promise.all([startReal(options), startOwn(options, dataDir)]);
    const observers = await Promise.all([
      Observer.open({ host: real.host, port: real.port }),
      Observer.open(addressOf(own)),
    ]);
    return new Servers(options, real, own, dataDir, observers);
  }

  get enforceQuota(): boolean {
    return this.#options.enforceQuota;
  }

  get sides(): readonly [Side, Side] {
    const real: Side = {
      name: "real",
      address: { host: this.#real.host, port: this.#real.port },
      observer: this.#observers[0],
      restart: async () => {
        await this.#real.kill();
        await this.#real.restart();
        return { host: this.#real.host, port: this.#real.port };
      },
    };
    const own: Side = {
      name: "own",
      address: addressOf(this.#own),
      observer: this.#observers[1],
      restart: async () => {
        await this.#own.kill();
        this.#own = await startOwn(this.#options, this.#dataDir);
        return addressOf(this.#own);
      },
    };
    return [real, own];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const observer of this.#observers) observer.close();
    await Promise.all([this.#real.stop(), this.#own.stop()]);
    this.#removeData();
    process.off("exit", this.#removeData);
  }

  readonly #removeData = (): void => {
    rmSync(this.#dataDir, { recursive: true, force: true });
  };
}

function addressOf(server: EdgekeeperServer): Address {
  return { host: server.host, port: server.zkPort };
}

async function startReal({ enforceQuota }: ServersOptions): Promise<RealZooKeeper> {
  return await startRealZooKeeper({
    tickTimeMs: TICK_MS,
    extraJvmFlags: [
      "-Dzookeeper.extendedTypesEnabled=true",
      `-Dzookeeper.DigestAuthenticationProvider.superDigest=${SUPER_DIGEST}`,
      `-Dzookeeper.enforceQuota=${enforceQuota}`,
      `-Dznode.container.checkIntervalMs=${NEVER_MS}`,
      // What it says is not compared over a power cut.
      "-Dzookeeper.forceSync=no",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    ],
  });
}

async function startOwn(
  { enforceQuota }: ServersOptions,
  dataDir: string,
): Promise<EdgekeeperServer> {
  const vars = {
    SUPER_DIGEST,
    ENFORCE_QUOTA: enforceQuota,
    CONTAINER_CHECK_INTERVAL_MS: NEVER_MS,
  };
  return await startEdgekeeper({
    tickTimeMs: TICK_MS,
    dataDir,
    args: Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
  });
}
