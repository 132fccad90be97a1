/**
 * Whole clients on a simulated server and network, under cuts, silence, refusals, expiries and restarts. A seed repeats a
 * run: SIMULATION_SEED=7 replays one, SIMULATION_RUNS=500 plays more of them.
 */
import { describe, expect, it } from "vitest";
import { connect } from "../../../src/client/connect.ts";
import { isSessionFatal, ZooKeeperError } from "../../../src/client/errors.ts";
import type { Session } from "../../../src/client/session.ts";
import type { NodeEvent, SessionLostEvent } from "../../../src/client/watch-event.ts";
import type { ZooKeeper } from "../../../src/client/zookeeper.ts";
import { Random } from "../../process/support/random.ts";
import { FakeClock, settle } from "./support/fake-clock.ts";
import { SimulatedServer } from "./support/simulated-server.ts";

const CLIENTS = 3;
const RUN_MS = 60_000;
const HEALING_MS = 60_000;
const SESSION_TIMEOUT_MS = 4_000;

const seedOfOne = process.env["SIMULATION_SEED"];
const runs = Number(process.env["SIMULATION_RUNS"] ?? 10);
const seeds =
  seedOfOne === undefined
    ? Array.from({ length: runs }, (_, index) => index + 1)
    : [Number(seedOfOne)];

class Simulation {
  readonly clock = new FakeClock();
  readonly random: Random;
  readonly server: SimulatedServer;
  readonly clients: ZooKeeper[] = [];
  readonly problems: string[] = [];
  isOver = false;
  /** Of each client's own znode. */
  readonly known: number[] = [];
  readonly unknown: number[] = [];
  readonly mirrors: Map<string, number>[] = [];
  readonly lastSeen: number[] = [];
  /** Names that a protected create reported, and how many creates ended without anybody knowing. */
  readonly created = new Set<string>();
  givenUp = 0;
  reconnects = 0;
  losses = 0;
  /** Operations under way. */
  waiting = 0;

  constructor(seed: number) {
    this.random = new Random(seed);
    this.server = new SimulatedServer(this.clock, this.random);
  }

  async run(): Promise<void> {
    const loops: Promise<void>[] = [];
    for (let id = 0; id < CLIENTS; id++) loops.push(...(await this.#startClient(id)));
    const endMs = this.clock.now() + RUN_MS;
    while (this.clock.now() < endMs) {
      await this.#pass(this.#disturb());
      this.server.network = "pass";
      await this.#pass(this.random.below(1_500));
    }
    this.isOver = true;
    for (let passedMs = 0; passedMs < HEALING_MS && this.waiting > 0; passedMs += 100) {
      await this.#pass(100);
    }
    await this.#pass(5_000);
    this.#check();
    // From here on they give their sessions up.
    const closed = this.clients.splice(0).map(async (zk) => await zk.close());
    await this.#pass(10_000);
    await Promise.all([...closed, ...loops]);
  }

  async #startClient(id: number): Promise<Promise<void>[]> {
    const connecting = connect("ws://simulated", {
      transport: this.server.transport({ hasHeartbeat: id % 2 === 0 }),
      clock: this.clock,
      random: () => this.random.fraction(),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
    });
    await this.clock.advance(200);
    const zk = await connecting;
    this.clients.push(zk);
    this.#watchStates(zk, id);
    Object.assign(this.known, { [id]: 0 });
    Object.assign(this.unknown, { [id]: 0 });
    await this.#prepare(zk, id);
    return [
      this.#count(zk, id),
      this.#read(zk, id),
      this.#mirror(zk, id),
      this.#follow(zk, id),
      this.#createProtected(zk),
      this.#churn(zk),
    ];
  }

  async #prepare(zk: ZooKeeper, id: number): Promise<void> {
    const made = Promise.all([
      zk.create(`/own-${id}`, `${id}`),
      id === 0 ? zk.create("/tree") : undefined,
      id === 0 ? zk.create("/protected") : undefined,
    ]);
    await this.clock.advance(200);
    await made;
  }

  /** States follow each other as they may, and a session that was lost does not come back. */
  #watchStates(zk: ZooKeeper, id: number): void {
    const lost = new Set<Session | undefined>();
    const ids = new Set<bigint>();
    zk.on("state", ({ state, previous, session }) => {
      const step = `${previous} ${state}`;
      const steps = ["connected suspended", "suspended connected", "lost connected"];
      steps.push("connected lost", "suspended lost", "connected closed");
      if (!steps.includes(step)) this.problems.push(`client ${id}: ${step}`);
      if (state === "connected") {
        this.reconnects++;
        if (session === undefined || lost.has(session) || ids.has(session.id)) {
          this.problems.push(`client ${id}: connected on a session that was lost`);
        }
      }
      if (state === "lost") {
        this.losses++;
        lost.add(session);
        if (session !== undefined) ids.add(session.id);
        if (!session?.signal.aborted) this.problems.push(`client ${id}: lost without a signal`);
      }
    });
  }

  /** Lets time pass, and looks at every session after each moment: what a client holds, the server has. */
  async #pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 10) {
      await this.clock.advance(10);
      for (const [id, { session }] of this.clients.entries()) {
        if (session === undefined || session.remainingMs === 0 || this.#isForced(session)) continue;
        if (this.server.sessions.get(Number(session.id)) === undefined) {
          const { remainingMs } = session;
          this.problems.push(`client ${id} holds a session that has ended, ${remainingMs} ms`);
        }
      }
    }
  }

  readonly #forced = new Set<bigint>();

  /** One that was ended before its time, which no client can know. */
  #isForced(session: Session): boolean {
    return this.#forced.has(session.id);
  }

  /** Makes something fail, and says for how long. */
  #disturb(): number {
    const { server, random } = this;
    const durationMs = random.below(1_000);
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        server.cut();
        break;
      case 3:
        server.network = "silence";
        break;
      case 4:
        server.network = "refuse";
        server.cut();
        break;
      case 5: {
        const before = [...server.sessions.values()].map(({ id }) => id);
        server.expireOne();
        const gone = before.filter((id) => server.sessions.get(id) === undefined);
        for (const id of gone) this.#forced.add(BigInt(id));
        break;
      }
      case 6:
        server.restart();
        break;
      default:
        // Long enough for sessions to end.
        server.network = "silence";
        return durationMs + SESSION_TIMEOUT_MS;
    }
    return durationMs;
  }

  /** An operation; undefined when it failed in a way that it may. */
  async #attempt<T>(
    operation: () => Promise<T>,
    onError: (error: ZooKeeperError) => void = () => {},
  ): Promise<T | undefined> {
    this.waiting++;
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
      onError(error);
      return undefined;
    } finally {
      this.waiting--;
    }
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.clock.startTimer(resolve, 1 + this.random.below(300));
    });
  }

  /** Writes of a client's own znode: none is done twice, and none that was answered is lost. */
  async #count(zk: ZooKeeper, id: number): Promise<void> {
    while (!this.isOver) {
      const stat = await this.#attempt(
        () => zk.setData(`/own-${id}`, `${id}`),
        ({ outcome, code }) => {
          if (outcome === "unknown") this.unknown[id] = (this.unknown[id] ?? 0) + 1;
          else if (code !== -112 && code !== -7) this.problems.push(`a write failed with ${code}`);
        },
      );
      if (stat !== undefined) this.known[id] = (this.known[id] ?? 0) + 1;
      if (this.random.below(3) === 0) await this.#sleep();
    }
  }

  /** Replies reach those who asked. */
  async #read(zk: ZooKeeper, id: number): Promise<void> {
    while (!this.isOver) {
      const wanted = this.random.below(CLIENTS);
      const result = await this.#attempt(() => zk.getData(`/own-${wanted}`));
      const text = result && new TextDecoder().decode(result.data ?? undefined);
      if (text !== undefined && text !== `${wanted}`)
        this.problems.push(`client ${id} read ${text}`);
      await this.#sleep();
    }
  }

  /** Changes what the mirrors follow. */
  async #churn(zk: ZooKeeper): Promise<void> {
    while (!this.isOver) {
      const path = `/tree/${this.random.below(5)}`;
      const choice = this.random.below(3);
      await this.#attempt(async () => {
        if (choice === 0) await zk.create(path);
        else if (choice === 1) await zk.delete(path);
        else await zk.setData(path, "x");
      });
      await this.#sleep();
    }
  }

  /** A copy of a tree, kept by a stream: Resync reads everything, an event reads what it is about. */
  async #mirror(zk: ZooKeeper, id: number): Promise<void> {
    while (zk.state !== "closed") {
      const mirror = new Map<string, number>();
      this.mirrors[id] = mirror;
      try {
        for await (const { type, path } of zk.watch("/tree", { recursive: true })) {
          const paths = type === "Resync" ? await this.#list(zk, mirror) : [path];
          for (const each of paths) {
            const stat = await zk.exists(each);
            if (stat === undefined) mirror.delete(each);
            else mirror.set(each, stat.mzxid);
          }
        }
      } catch (error) {
        if (!isSessionFatal(error)) {
          this.problems.push(`a stream failed: ${String(error)}`);
          return;
        }
      }
    }
  }

  async #list(zk: ZooKeeper, mirror: Map<string, number>): Promise<string[]> {
    const { children } = await zk.getChildren("/tree");
    mirror.clear();
    return ["/tree", ...children.map((name) => `/tree/${name}`)];
  }

  /** Follows another client's znode by one-shot watches. */
  async #follow(zk: ZooKeeper, id: number): Promise<void> {
    while (zk.state !== "closed") {
      const told: (NodeEvent | SessionLostEvent)[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      const watch = (event: NodeEvent | SessionLostEvent): void => {
        told.push(event);
        if (told.length > 1) this.problems.push(`client ${id} was told twice by one watch`);
        resolve();
      };
      const stat = await this.#attempt(() =>
        zk.exists(`/own-${(id + 1) % CLIENTS}`, { watch, timeoutMs: Infinity }),
      );
      if (stat === undefined) continue;
      this.lastSeen[id] = stat.version;
      await promise;
    }
  }

  async #createProtected(zk: ZooKeeper): Promise<void> {
    while (!this.isOver) {
      const mode = "persistentSequential";
      const result = await this.#attempt(
        () => zk.create("/protected/x-", null, { mode, protection: true }),
        ({ outcome }) => {
          if (outcome === "unknown") this.givenUp++;
        },
      );
      if (result !== undefined) this.created.add(result.path.slice("/protected/".length));
      await this.#sleep();
    }
  }

  #check(): void {
    const { problems } = this;
    const { store } = this.server;
    if (this.waiting > 0) problems.push(`${this.waiting} operations never ended`);
    for (let id = 0; id < CLIENTS; id++) {
      const version = store.getZnode(`/own-${id}`)?.version ?? -1;
      const known = this.known[id] ?? 0;
      const unknown = this.unknown[id] ?? 0;
      if (version < known || version > known + unknown) {
        problems.push(`client ${id}: ${version} writes, ${known} known, ${unknown} unknown`);
      }
      const followed = store.getZnode(`/own-${(id + 1) % CLIENTS}`)?.version;
      if (this.lastSeen[id] !== followed) {
        problems.push(`client ${id} saw version ${this.lastSeen[id]} of ${followed}`);
      }
      const mirror = Object.fromEntries(
        [...(this.mirrors[id] ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)),
      );
      const tree = Object.fromEntries(this.#tree());
      if (JSON.stringify(mirror) !== JSON.stringify(tree)) {
        problems.push(`client ${id}: ${JSON.stringify(mirror)} is not ${JSON.stringify(tree)}`);
      }
    }
    const children = new Set(store.childNames("/protected"));
    const missing = [...this.created].filter((name) => !children.has(name));
    if (missing.length > 0) problems.push(`${missing.length} created znodes are not there`);
    const orphans = children.size - this.created.size + missing.length;
    if (orphans > this.givenUp) problems.push(`${orphans} orphans, ${this.givenUp} given up`);
  }

  #tree(): [string, number][] {
    const names = [...this.server.store.childNames("/tree")].sort();
    return ["/tree", ...names.map((name) => `/tree/${name}`)].map((path) => [
      path,
      this.server.store.getZnode(path)?.mzxid ?? -1,
    ]);
  }
}

describe("clients under faults", () => {
  it.each(seeds)("keep their promises, seed %i", { timeout: 60_000 }, async (seed) => {
    const simulation = new Simulation(seed);
    await simulation.run();
    await settle();
    expect(simulation.problems).toEqual([]);
    // It was not idle.
    expect(Math.min(...simulation.known)).toBeGreaterThan(20);
    expect(simulation.reconnects).toBeGreaterThan(20);
  });
});
