/**
 * A client of the runner's own, as the super user: it looks at the whole tree, and cleans up.
 */
import { type Address, Connection } from "./connection.ts";
import type { Naming } from "./naming.ts";
import { replyText } from "./reply-text.ts";
import { Bytes, frameOf, opTypes, pingFrame } from "./request-bytes.ts";

/** What the tree looks like: a text for each path. */
export type TreeText = ReadonlyMap<string, string>;

const SYSTEM_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
]);
const PING_EVERY_MS = 500;
const HEADER_BYTES = 16;
const ANSWER_MS_MAX = 20_000;

export class Observer {
  #connection: Connection;
  readonly #failures = new Set<(error: Error) => void>();
  #xid = 0;
  #sessionId = 0n;
  #passwd: Buffer = Buffer.alloc(16);

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(address: Address): Promise<Observer> {
    const observer = new Observer(await Connection.open(address));
    await observer.#enter();
    return observer;
  }

  /** Goes on with its session on a server that was started again. */
  async reconnect(address: Address): Promise<void> {
    this.#connection.destroy();
    this.#connection = await Connection.open(address);
    await this.#enter();
  }

  close(): void {
    this.#connection.destroy();
  }

  async lastZxid(): Promise<bigint> {
    return (await this.#exchange(pingFrame)).readBigInt64BE(4);
  }

  async keepAlive(nowMs: number): Promise<void> {
    if (nowMs - this.#connection.sentMs > PING_EVERY_MS) await this.lastZxid();
  }

  async createRoot(path: string): Promise<void> {
    const body = new Bytes().buffer(path).buffer(null).int(1).int(31).buffer("world");
    await this.#call(opTypes.create, body.buffer("anyone").int(0).done());
  }

  /** A write that fails: it takes a zxid and changes nothing. */
  async writeNothing(): Promise<void> {
    await this.#delete("/nothing");
  }

  /** Deletes all that is below a znode, children first. */
  async deleteBelow(path: string): Promise<void> {
    const paths = await this.paths(path);
    for (const found of paths.toSorted().toReversed()) {
      if (found !== path) await this.#delete(found);
    }
  }

  /** Deletes the stream's root and every znode that does not belong to a fresh tree, and opens the system's ACLs again. */
  async deleteAll(root: string): Promise<void> {
    await this.deleteBelow(root);
    const paths = await this.paths("/");
    for (const found of paths.toSorted().toReversed()) {
      if (!SYSTEM_PATHS.has(found)) await this.#delete(found);
    }
    const body = new Bytes().buffer("/").int(1).int(31).buffer("world").buffer("anyone").int(-1);
    await this.#call(opTypes.setACL, body.done());
  }

  /** Everything that can be read of the tree. */
  async tree(naming: Naming): Promise<TreeText> {
    const tree = new Map<string, string>();
    for (const path of await this.paths("/")) {
      const texts = await Promise.all([
        this.#text(opTypes.getData, new Bytes().buffer(path).bool(false).done(), naming),
        this.#text(opTypes.getACL, new Bytes().buffer(path).done(), naming),
        this.#text(opTypes.getChildren2, new Bytes().buffer(path).bool(false).done(), naming),
        this.#text(opTypes.getAllChildrenNumber, new Bytes().buffer(path).done(), naming),
      ]);
      tree.set(path, texts.join(" | "));
    }
    return tree;
  }

  /** The paths of a znode and of all below it. */
  async paths(top: string): Promise<string[]> {
    const paths: string[] = [];
    let level = [top];
    while (level.length > 0) {
      paths.push(...level);
      const lists = await Promise.all(level.map((path) => this.#children(path)));
      level = level.flatMap((path, index) =>
        (lists[index] ?? []).map((name) => (path === "/" ? `/${name}` : `${path}/${name}`)),
      );
    }
    return paths;
  }

  async #enter(): Promise<void> {
    const payload = new Bytes().int(0).long(0).int(60_000).long(this.#sessionId);
    const body = payload.buffer(this.#passwd).bool(false).done();
    const response = await this.#exchange(new Bytes().int(body.length).raw(body).done());
    if (response.readInt32BE(4) <= 0) throw new Error("the server gave the observer no session");
    this.#sessionId = response.readBigInt64BE(8);
    this.#passwd = Buffer.from(response.subarray(20, 36));
    const proof = new Bytes().int(0).buffer("digest").buffer("super:test").done();
    await this.#call(opTypes.auth, proof, -4);
  }

  async #children(path: string): Promise<string[]> {
    const reply = await this.#call(
      opTypes.getChildren,
      new Bytes().buffer(path).bool(false).done(),
    );
    if (reply.readInt32BE(12) !== 0) return [];
    const names: string[] = [];
    let at = HEADER_BYTES + 4;
    for (let left = reply.readInt32BE(HEADER_BYTES); left > 0; left--) {
      const length = reply.readInt32BE(at);
      names.push(reply.toString("utf8", at + 4, at + 4 + length));
      at += 4 + length;
    }
    return names.sort();
  }

  async #delete(path: string): Promise<void> {
    await this.#call(opTypes.delete, new Bytes().buffer(path).int(-1).done());
  }

  async #text(type: number, body: Buffer, naming: Naming): Promise<string> {
    // Without the xid, which counts the requests of the observer and not of the stream.
    const { loose } = replyText(await this.#call(type, body), type, naming);
    return loose.replace(/^xid=\S+ zxid=\S+ /, "");
  }

  async #call(type: number, body: Buffer, xid = (this.#xid += 1)): Promise<Buffer> {
    return await this.#exchange(frameOf(xid, type, body));
  }

  async #exchange(frame: Buffer): Promise<Buffer> {
    const connection = this.#connection;
    const failures = this.#failures;
    connection.onEnd = () => {
      for (const fail of failures) fail(new Error("the observer has lost its connection"));
    };
    return await new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        failures.delete(fail);
      };
      const fail = (error: Error): void => {
        finish();
        reject(error);
      };
      const timer = setTimeout(() => fail(new Error("the observer gets no answer")), ANSWER_MS_MAX);
      failures.add(fail);
      if (!connection.isOpen) fail(new Error("the observer has lost its connection"));
      connection.send(frame, (payload) => {
        finish();
        resolve(payload);
      });
    });
  }
}
