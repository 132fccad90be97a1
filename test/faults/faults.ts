/**
 * What goes wrong: a table of faults, from which a seed draws.
 */
import type { OperationName, SeededRandom } from "../../src/testing/index.ts";
import type { FaultClient, World } from "./world.ts";

/** Sessions have the shortest timeout that the server grants. */
export const SESSION_TIMEOUT_MS = 4_000;

const OPERATIONS: readonly OperationName[] = [
  "create",
  "create",
  "delete",
  "delete",
  "getChildren",
  "getData",
  "exists",
  "setData",
  "transaction",
];
const LATE_MS = [0, 5, 50, 300];
/** Also when all is well messages take a moment, in which others get on. */
const CALM_LATE_MS = 5;
const PAUSE_BETWEEN_MS = 1_200;

type Fault = (client: FaultClient) => void;

export class FaultInjector {
  readonly #world: World;
  readonly #random: SeededRandom;
  #lateMs = CALM_LATE_MS;
  readonly #faults: readonly Fault[] = [
    (client) => this.#lose(client),
    (client) => this.#lose(client),
    (client) => this.#loseAtOperation(client),
    (client) => this.#loseAtOperation(client),
    (client) => this.#loseAtOperation(client),
    (client) => this.#silence(client),
    (client) => this.#silence(client),
    (client) => this.#kill(client),
    () => this.#loseAll(),
    () => this.#restart(),
    () => this.#changeDelay(),
  ];

  constructor(world: World, random: SeededRandom) {
    this.#world = world;
    this.#random = random;
  }

  /** How long the next message takes, in milliseconds. */
  readonly delayMs = (): number => (this.#lateMs === 0 ? 0 : this.#random.below(this.#lateMs));

  /** Does one thing, and returns how long to wait before the next, in milliseconds. */
  next(): number {
    this.#pick(this.#faults)(this.#pick(this.#world.clients));
    return this.#random.below(PAUSE_BETWEEN_MS);
  }

  /**
   * Everything works again, but for one last reply to a create that each client loses: what that leaves behind must not need
   * the end of a session to go away.
   */
  heal(): void {
    this.#world.log("all is calm");
    this.#lateMs = CALM_LATE_MS;
    this.#world.server.resume();
    this.#world.server.start();
    for (const { zk } of this.#world.clients) {
      void this.#world.server.loseConnection(zk, { operation: "create", requests: "applied" });
    }
  }

  #lose({ name, zk }: FaultClient): void {
    const requests = this.#requests();
    this.#world.log(`${name} loses its connection, requests ${requests}`);
    void this.#world.server.loseConnection(zk, { requests });
  }

  #loseAtOperation({ name, zk }: FaultClient): void {
    const requests = this.#requests();
    const operation = this.#pick(OPERATIONS);
    this.#world.log(`${name} will lose its connection at ${operation}, ${requests}`);
    void this.#world.server.loseConnection(zk, { operation, requests });
  }

  #loseAll(): void {
    const requests = this.#requests();
    this.#world.log(`all lose their connections, requests ${requests}`);
    void this.#world.server.loseConnection(undefined, { requests });
  }

  /** Nothing gets through, for less or for more than a session lasts. */
  #silence({ name, zk }: FaultClient): void {
    const ms = this.#random.below(SESSION_TIMEOUT_MS * 2);
    this.#world.log(`${name} hears nothing for ${ms} ms`);
    this.#world.server.pause(zk);
    this.#world.clock.startTimer(() => this.#world.server.resume(zk), ms);
  }

  #kill(client: FaultClient): void {
    this.#world.log(`the session of ${client.name} is ended`);
    this.#world.kill(client);
  }

  #restart(): void {
    const ms = this.#random.below(SESSION_TIMEOUT_MS * 1.5);
    this.#world.log(`the server is down for ${ms} ms`);
    this.#world.server.stop();
    this.#world.clock.startTimer(() => this.#world.server.start(), ms);
  }

  #changeDelay(): void {
    this.#lateMs = this.#pick(LATE_MS);
    this.#world.log(`messages take up to ${this.#lateMs} ms`);
  }

  #requests(): "dropped" | "applied" {
    return this.#random.next() < 0.5 ? "dropped" : "applied";
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)] as T;
  }
}
