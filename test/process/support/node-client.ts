/**
 * `node-zookeeper-client` with promises, and with what it emits in a list.
 */
import zookeeper, {
  type ACL,
  type Client,
  type Done,
  type Exception,
  type Options,
  type OpResult,
  type Stat,
  type Transaction,
} from "node-zookeeper-client";
import { Condition } from "./conditions.ts";

/** The states that it tells of. */
const STATES = ["connected", "disconnected", "expired", "authenticationFailed"] as const;

export class NodeClient {
  readonly client: Client;
  /** States that it went through and events of its watches, in order. */
  readonly log: string[] = [];
  readonly #condition = new Condition();

  private constructor(connection: string, options: Options) {
    this.client = zookeeper.createClient(connection, { spinDelay: 50, ...options });
    for (const state of STATES) this.client.on(state, () => this.#note(state));
  }

  static start(connection: string, options: Options = {}): NodeClient {
    const client = new NodeClient(connection, options);
    client.client.connect();
    return client;
  }

  static async open(connection: string, options: Options = {}): Promise<NodeClient> {
    const client = NodeClient.start(connection, options);
    await client.until("connected");
    return client;
  }

  /** Waits until the last entries of the log are these. */
  until(...entries: readonly string[]): Promise<true> {
    return this.#condition.wait(`[${entries.join()}] in the log`, () =>
      this.log.slice(-entries.length).join() === entries.join() ? true : undefined,
    );
  }

  /** Closes the session and waits until the connection is gone. */
  async close(): Promise<void> {
    this.client.close();
    await this.until("disconnected");
  }

  /** For watches: their events go to the log. */
  readonly watcher = (event: { getName(): string; getPath(): string }): void =>
    this.#note(`${event.getName()} ${event.getPath()}`);

  async create(
    path: string,
    data?: Buffer | string,
    mode: number = zookeeper.CreateMode.PERSISTENT,
    acls: ACL[] = zookeeper.ACL.OPEN_ACL_UNSAFE,
  ): Promise<string> {
    const bytes = data === undefined ? undefined : Buffer.from(data);
    const [created] = await call<[string]>((done) =>
      this.client.create(path, bytes, acls, mode, done),
    );
    return created;
  }

  async remove(path: string, version: number = -1): Promise<void> {
    await call<[]>((done) => this.client.remove(path, version, done));
  }

  async exists(path: string, watch = false): Promise<Stat | null> {
    const watcher = watch ? this.watcher : undefined;
    const [stat] = await call<[Stat | null]>((done) => this.client.exists(path, watcher, done));
    return stat;
  }

  async getData(path: string, watch = false): Promise<{ data: Buffer | undefined; stat: Stat }> {
    const watcher = watch ? this.watcher : undefined;
    const [data, stat] = await call<[Buffer | undefined, Stat]>((done) =>
      this.client.getData(path, watcher, done),
    );
    return { data, stat };
  }

  async setData(path: string, data: string | Buffer, version: number = -1): Promise<Stat> {
    const [stat] = await call<[Stat]>((done) =>
      this.client.setData(path, Buffer.from(data), version, done),
    );
    return stat;
  }

  async getChildren(path: string, watch = false): Promise<{ names: string[]; stat: Stat }> {
    const watcher = watch ? this.watcher : undefined;
    const [names, stat] = await call<[string[], Stat]>((done) =>
      this.client.getChildren(path, watcher, done),
    );
    return { names: names.toSorted(), stat };
  }

  async getACL(path: string): Promise<{ acls: ACL[]; stat: Stat }> {
    const [acls, stat] = await call<[ACL[], Stat]>((done) => this.client.getACL(path, done));
    return { acls, stat };
  }

  async setACL(path: string, acls: ACL[], version: number = -1): Promise<Stat> {
    const [stat] = await call<[Stat]>((done) => this.client.setACL(path, acls, version, done));
    return stat;
  }

  #note(entry: string): void {
    this.log.push(entry);
    this.#condition.changed();
  }
}

/** Does a transaction and returns its results. */
export async function commit(transaction: Transaction): Promise<OpResult[]> {
  const [results] = await call<[OpResult[]]>((done) => transaction.commit(done));
  return results;
}

/** Turns a call with a callback into a promise of its results. */
export function call<Results extends readonly unknown[]>(
  run: (done: Done<Results>) => void,
): Promise<Results> {
  return new Promise((resolve, reject) => {
    run((error: Exception | null | undefined, ...results: Results) => {
      if (error) reject(error);
      else resolve(results);
    });
  });
}
