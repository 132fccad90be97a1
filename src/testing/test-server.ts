/**
 * The server of the testing kit.
 */
import { type Clock, connect, type ConnectOptions, type ZooKeeper } from "../client/index.ts";
import { Endpoint, type LostRequests } from "./endpoint.ts";
import { type OperationName, RequestTrap } from "./request-trap.ts";
import { SeededRandom } from "./seeded-random.ts";
import { ServerCore } from "./server-core.ts";
import { systemClock } from "./system-clock.ts";

export interface TestServerOptions<C extends Clock = Clock> {
  /** The time of the server and its clients. Default: real time. */
  readonly clock?: C | undefined;
  /** Of all that is random: session ids, passwords, and what the clients draw. Default: 1. */
  readonly seed?: number | undefined;
  /** Sessions get from 2 to 20 ticks, and end at a tick. Default: 2,000. */
  readonly tickTimeMs?: number | undefined;
  /** How often empty containers, and znodes whose time to live is over, are deleted. Default: 60,000. */
  readonly containerCheckIntervalMs?: number | undefined;
  /** Whether writes that have a key are done once, as Edgekeeper does it and ZooKeeper does not. Default: true. */
  readonly idempotencyKeys?: boolean | undefined;
  /** How long each message takes, asked for one by one. Messages of a connection stay in order. Default: 0. */
  readonly delayMs?: (() => number) | undefined;
}

export interface LoseConnectionOptions {
  /** What becomes of requests that are on their way: nothing, or all but the replies. Default: `dropped`. */
  readonly requests?: LostRequests | undefined;
  /** Loses the connection not now but with the next message that has this operation, which is on its way then. */
  readonly operation?: OperationName | undefined;
}

export interface TestServerCounters {
  /** Requests that arrived since the server was made, without pings and handshakes. */
  readonly requests: number;
  /** Watch events that were sent since then. */
  readonly events: number;
}

/** What a custom clock's 0 is: times of znodes are the same in every run. */
const START_MS = 1_700_000_000_000;
const URL = "ws://test-server";

/**
 * A server inside the process: the one that Edgekeeper runs, with its tree in memory and without sockets, so that it is there in
 * no time, and tests can do to it what networks and deployments do.
 *
 * Nothing of it is slower than a few promises, unless `delayMs` says so. Close it, or dispose of it: a live session keeps a
 * timer.
 *
 * @example
 * await using server = new TestServer();
 * await using zk = await server.connect();
 * await zk.create("/greeting", "hello");
 * server.expireSession(zk);
 */
export class TestServer<C extends Clock = Clock> implements AsyncDisposable {
  readonly clock: C;
  readonly #core: ServerCore;
  readonly #random: SeededRandom;
  readonly #delayMs: () => number;
  readonly #endpoints = new Map<ZooKeeper, Endpoint>();
  /** Also of clients that have not connected yet. */
  readonly #allEndpoints = new Set<Endpoint>();

  constructor(options: TestServerOptions<C> = {}) {
    const { seed = 1, tickTimeMs = 2_000, containerCheckIntervalMs = 60_000 } = options;
    const { idempotencyKeys = true, delayMs } = options;
    const isReal = options.clock === undefined;
    // Without a clock nothing says what C is, but its default.
    this.clock = options.clock ?? (systemClock as C);
    this.#random = new SeededRandom(seed);
    this.#delayMs = delayMs ?? (() => 0);
    this.#core = new ServerCore({
      clock: this.clock,
      startMs: isReal ? Date.now() - this.clock.now() : START_MS,
      random: this.#random.fork(),
      tickTimeMs,
      containerCheckIntervalMs,
      idempotencyKeys,
    });
  }

  /**
   * A client of this server. It takes all options of `connect` but the ways to reach a server; its time is the server's, and it
   * reconnects without long pauses unless told otherwise.
   */
  async connect(options: ConnectOptions = {}): Promise<ZooKeeper> {
    const endpoint = new Endpoint(this.#core, this.clock, this.#delayMs);
    this.#allEndpoints.add(endpoint);
    try {
      const zk = await connect(URL, {
        clock: this.clock,
        random: this.#random.fork().next,
        reconnect: { initialMs: 1, maxMs: 100 },
        ...options,
        transport: endpoint.open,
      });
      this.#endpoints.set(zk, endpoint);
      return zk;
    } catch (error) {
      this.#allEndpoints.delete(endpoint);
      throw error;
    }
  }

  /**
   * Loses the connection of a client, or of all; their sessions live on, and they reconnect. Resolves when it is lost: at once,
   * unless `operation` says with which.
   *
   * @example
   * const lost = server.loseConnection(zk, { operation: "create", requests: "applied" });
   * await zk.create("/a"); // ConnectionLossError, and the znode is there
   */
  async loseConnection(zk?: ZooKeeper, options: LoseConnectionOptions = {}): Promise<void> {
    const { operation, requests = "dropped" } = options;
    const endpoints = this.#select(zk);
    if (operation === undefined) {
      for (const endpoint of endpoints) endpoint.lose(requests, "the connection was lost");
      return;
    }
    const lost = endpoints.map(
      (endpoint) =>
        new Promise<void>((resolve) => {
          endpoint.loseAt(new RequestTrap(operation, requests, resolve));
        }),
    );
    await Promise.all(lost);
  }

  /**
   * Ends the session of a client on the server, as at its timeout: its ephemerals go, and the connection. The client
   * finds out when it has reconnected.
   *
   * @throws Error when the client has no session.
   */
  expireSession(zk: ZooKeeper): void {
    if (zk.session === undefined) throw new Error("the client has no session");
    this.#core.expire(Number(zk.session.id));
  }

  /** Whether the server still has the session of a client. */
  hasSession(zk: ZooKeeper): boolean {
    return zk.session !== undefined && this.#core.hasSession(Number(zk.session.id));
  }

  /**
   * Holds back all messages of a client, or of all, in both directions: the network is there, but nothing gets through. After two
   * thirds of its timeout a client gives the connection up; the server ends the session at its timeout.
   */
  pause(zk?: ZooKeeper): void {
    for (const endpoint of this.#select(zk)) endpoint.hold();
  }

  /** Lets all that was held back go, in order, what connections sent before they were given up included. */
  resume(zk?: ZooKeeper): void {
    for (const endpoint of this.#select(zk)) endpoint.release();
  }

  /** Takes the server down: all connections are lost, requests on their way are not done, nobody can connect. */
  stop(): void {
    for (const endpoint of this.#allEndpoints) endpoint.lose("dropped", "the server was stopped");
    this.#core.stop();
  }

  /**
   * Brings it back, as after a crash or a deployment: with all znodes and sessions, of which each that was connected gets a
   * fresh timeout.
   */
  start(): void {
    this.#core.start();
  }

  get lastZxid(): number {
    return this.#core.lastZxid;
  }

  get counters(): TestServerCounters {
    return { ...this.#core.counters };
  }

  /** Paths of all znodes at and below a path, sorted; without the server's own below `/zookeeper`. */
  paths(below = "/"): string[] {
    const prefix = below === "/" ? below : `${below}/`;
    return this.#core.store
      .paths()
      .filter((path) => path === below || path.startsWith(prefix))
      .filter((path) => path !== "/" && path !== "/zookeeper" && !path.startsWith("/zookeeper/"));
  }

  /** Closes all clients and the server. */
  async close(): Promise<void> {
    this.#core.stop();
    for (const endpoint of this.#allEndpoints) endpoint.lose("dropped", "the server is closed");
    await Promise.all([...this.#endpoints.keys()].map((zk) => zk.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #select(zk: ZooKeeper | undefined): Endpoint[] {
    if (zk === undefined) return [...this.#allEndpoints];
    const endpoint = this.#endpoints.get(zk);
    if (endpoint === undefined) throw new TypeError("this is not a client of this server");
    return [endpoint];
  }
}
