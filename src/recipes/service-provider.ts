/**
 * The instances of one service, kept at hand, of which one is chosen at a time.
 */
import type { Clock, ZooKeeper } from "../client/index.ts";
import { Listeners } from "./listeners.ts";
import { decodeInstance, type ServiceInstance } from "./service-instance.ts";
import { roundRobinStrategy, type ServiceStrategy } from "./service-strategies.ts";
import type { FollowerOptions, StartOptions } from "./session-follower.ts";
import { TreeCache } from "./tree-cache.ts";
import type { TreeChange } from "./tree-entries.ts";

const DOWN_MS = 30_000;
const DOWN_ERRORS = 2;

export interface ServiceProviderOptions extends FollowerOptions {
  /** How `pick` chooses. Default: round robin. */
  readonly strategy?: ServiceStrategy | undefined;
  /** After how many errors within `downMs` an instance counts as down. Default: 2. */
  readonly downErrors?: number | undefined;
  /** How long an instance is down, from its last error on. Default: 30,000. */
  readonly downMs?: number | undefined;
}

interface Errors {
  count: number;
  /** When they are forgotten. */
  untilMs: number;
}

/** See {@link ServiceDiscovery.provider}, which makes it. */
export class ServiceProvider<Payload = unknown> implements AsyncDisposable {
  readonly #cache: TreeCache;
  readonly #strategy: ServiceStrategy;
  readonly #downErrors: number;
  readonly #downMs: number;
  readonly #clock: Clock;
  /** By path. */
  readonly #instances = new Map<string, ServiceInstance<Payload>>();
  /** By id. */
  readonly #errors = new Map<string, Errors>();
  readonly #changes = new Listeners<void>();
  readonly #failures = new Listeners<unknown>();

  /** @internal */
  constructor(zk: ZooKeeper, path: string, options: ServiceProviderOptions) {
    this.#strategy = options.strategy ?? roundRobinStrategy();
    this.#downErrors = options.downErrors ?? DOWN_ERRORS;
    this.#downMs = options.downMs ?? DOWN_MS;
    this.#clock = zk.clock;
    this.#cache = new TreeCache(zk, path, options);
    this.#cache.on("change", (change) => {
      if (change.path !== path) this.#onChange(change);
    });
    this.#cache.on("error", (error) => this.#failures.tell(error));
  }

  /** @internal */
  start(options: StartOptions): Promise<void> {
    return this.#cache.start(options);
  }

  /** All that are registered, in the order of their ids. */
  get all(): ServiceInstance<Payload>[] {
    return [...this.#instances.values()].sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** Those that are enabled and not down. */
  get available(): ServiceInstance<Payload>[] {
    return this.all.filter((instance) => instance.enabled && !this.#isDown(instance));
  }

  /** One of those that are available, chosen by the strategy; undefined when there is none. */
  pick(): ServiceInstance<Payload> | undefined {
    const instances = this.available;
    if (instances.length === 0) return undefined;
    const { id } = this.#strategy(instances);
    return instances.find((instance) => instance.id === id);
  }

  /** Says that an instance did not do what it should. Known to this provider only. */
  noteError({ id }: ServiceInstance): void {
    const nowMs = this.#clock.now();
    const errors = this.#errors.get(id);
    const count = errors === undefined || errors.untilMs <= nowMs ? 1 : errors.count + 1;
    this.#errors.set(id, { count, untilMs: nowMs + this.#downMs });
  }

  /** `change` is told when the instances have changed; `error` also of znodes that are no instances. Returns what ends it. */
  on(event: "change", listener: () => void): () => void;
  on(event: "error", listener: (error: unknown) => void): () => void;
  on(event: "change" | "error", listener: (error: unknown) => void): () => void {
    if (event === "error") return this.#failures.add(listener);
    return this.#changes.add(() => listener(undefined));
  }

  async close(): Promise<void> {
    await this.#cache.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #isDown({ id }: ServiceInstance): boolean {
    const errors = this.#errors.get(id);
    return (
      errors !== undefined && errors.count >= this.#downErrors && errors.untilMs > this.#clock.now()
    );
  }

  #onChange(change: TreeChange): void {
    const { path } = change;
    const before = this.#instances.get(path);
    this.#instances.delete(path);
    if (change.type !== "removed") {
      try {
        this.#instances.set(path, decodeInstance<Payload>(change.entry.data));
      } catch (cause) {
        this.#failures.tell(new Error(`no service instance: ${path}`, { cause }));
      }
    }
    // One that registers again has another chance.
    if (before !== undefined && change.type !== "updated") this.#errors.delete(before.id);
    this.#changes.tell();
  }
}
