/**
 * Services that register, and are found.
 *
 * Format: that of Curator's x-discovery: an ephemeral znode `<base>/<service>/<id>` for each instance, whose data are the JSON
 * in `service-instance.ts`; both see each other's instances. The parents are containers.
 */
import { NoNodeError, type OperationOptions, type ZooKeeper } from "../client/index.ts";
import { childPath } from "./parents.ts";
import { PersistentNode } from "./persistent-node.ts";
import { randomUUID } from "./random-id.ts";
import { decodeInstance, encodeInstance, type ServiceInstance } from "./service-instance.ts";
import { ServiceProvider, type ServiceProviderOptions } from "./service-provider.ts";
import type { FollowerOptions, StartOptions } from "./session-follower.ts";

/** What an instance says of itself; a random id, and enabled, unless it says otherwise. */
export type ServiceDescription<Payload = unknown> = Pick<ServiceInstance<Payload>, "name"> &
  Partial<Omit<ServiceInstance<Payload>, "name" | "serviceType" | "registrationTimeUTC">>;

/**
 * A registry of services, below a path.
 *
 * An instance stays registered, over the loss of connections and sessions, until it is unregistered or its client ends; one that
 * has crashed stays until its session expires. Ids are taken to be an instance's own: whoever registers one that is there
 * already, such as a process that was started anew, replaces it.
 *
 * @example
 * const discovery = new ServiceDiscovery(zk, "/services");
 * await using me = await discovery.register({ name: "search", address: "10.0.0.1", port: 8080 });
 * await using search = await discovery.provider("search");
 * const instance = search.pick();
 */
export class ServiceDiscovery<Payload = unknown> {
  readonly path: string;
  readonly #zk: ZooKeeper;
  readonly #options: FollowerOptions;

  constructor(zk: ZooKeeper, path: string, options: FollowerOptions = {}) {
    this.path = path;
    this.#zk = zk;
    this.#options = options;
  }

  /**
   * Registers an instance, and waits until others can see it.
   *
   * @throws ZooKeeperError when it cannot be created, such as NoAuthError; OperationTimeoutError, RequestAbortedError.
   */
  async register(
    description: ServiceDescription<Payload>,
    options: StartOptions = {},
  ): Promise<ServiceRegistration<Payload>> {
    const instance: ServiceInstance<Payload> = {
      id: randomUUID(),
      address: null,
      port: null,
      sslPort: null,
      payload: null,
      uriSpec: null,
      enabled: true,
      ...description,
      registrationTimeUTC: Date.now(),
      serviceType: "DYNAMIC",
    };
    const path = childPath(childPath(this.path, instance.name), instance.id);
    const node = new PersistentNode(this.#zk, path, encodeInstance(instance), {
      ...this.#options,
      takeOver: true,
    });
    await node.start(options);
    return new ServiceRegistration(instance, node);
  }

  /** Names of services that are, or lately were, registered. */
  names(options: OperationOptions = {}): Promise<string[]> {
    return this.#children(this.path, options);
  }

  /** The instances of a service, read once, in the order of their ids; what is no instance is left out. */
  async instances(
    name: string,
    options: OperationOptions = {},
  ): Promise<ServiceInstance<Payload>[]> {
    const path = childPath(this.path, name);
    const ids = (await this.#children(path, options)).sort();
    const read = await Promise.all(ids.map((id) => this.#instance(childPath(path, id), options)));
    return read.filter((instance) => instance !== undefined);
  }

  /**
   * Follows the instances of a service, and waits until all that are registered have been read. While the client is suspended or
   * lost, it goes on with those that it knows.
   *
   * @throws UnimplementedError from servers before 3.6; OperationTimeoutError, RequestAbortedError.
   */
  async provider(
    name: string,
    options: ServiceProviderOptions & StartOptions = {},
  ): Promise<ServiceProvider<Payload>> {
    const path = childPath(this.path, name);
    const provider = new ServiceProvider<Payload>(this.#zk, path, { ...this.#options, ...options });
    await provider.start(options);
    return provider;
  }

  async #children(path: string, options: OperationOptions): Promise<string[]> {
    try {
      return (await this.#zk.getChildren(path, options)).children;
    } catch (error) {
      if (error instanceof NoNodeError) return [];
      throw error;
    }
  }

  async #instance(
    path: string,
    options: OperationOptions,
  ): Promise<ServiceInstance<Payload> | undefined> {
    try {
      return decodeInstance<Payload>((await this.#zk.getData(path, options)).data);
    } catch (error) {
      const isForeign = error instanceof SyntaxError || error instanceof TypeError;
      if (isForeign || error instanceof NoNodeError) return undefined;
      throw error;
    }
  }
}

/** A registered instance; see {@link ServiceDiscovery.register}. */
export class ServiceRegistration<Payload = unknown> implements AsyncDisposable {
  readonly #node: PersistentNode;
  #instance: ServiceInstance<Payload>;

  /** @internal */
  constructor(instance: ServiceInstance<Payload>, node: PersistentNode) {
    this.#instance = instance;
    this.#node = node;
  }

  get instance(): ServiceInstance<Payload> {
    return this.#instance;
  }

  /** Whether others can see it, as far as is known; not so between two sessions. */
  get isPresent(): boolean {
    return this.#node.isPresent;
  }

  /** Returns what ends it. */
  on(event: "present" | "absent", listener: () => void): () => void;
  on(event: "error", listener: (error: unknown) => void): () => void;
  on(event: "present" | "absent" | "error", listener: (error?: unknown) => void): () => void {
    return event === "error" ? this.#node.on(event, listener) : this.#node.on(event, listener);
  }

  /** Changes what it says of itself. Written soon, and in every later session. */
  update(change: Partial<Omit<ServiceDescription<Payload>, "name" | "id">>): void {
    const { name, id } = this.#instance;
    this.#instance = { ...this.#instance, ...change, name, id };
    this.#node.setData(encodeInstance(this.#instance));
  }

  /** Waits, while the client is suspended, until it is connected again, or lost. */
  unregister(): Promise<void> {
    return this.#node.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unregister();
  }
}
