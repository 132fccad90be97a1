/** What the tests use of `node-zookeeper-client`, which has no types of its own. */
declare module "node-zookeeper-client" {
  import type { EventEmitter } from "node:events";

  export interface Exception extends Error {
    readonly code: number;
    getCode(): number;
    getName(): string;
  }

  /** 64-bit fields are buffers of 8 bytes. */
  export interface Stat {
    readonly czxid: Buffer;
    readonly mzxid: Buffer;
    readonly ctime: Buffer;
    readonly mtime: Buffer;
    readonly version: number;
    readonly cversion: number;
    readonly aversion: number;
    readonly ephemeralOwner: Buffer;
    readonly dataLength: number;
    readonly numChildren: number;
    readonly pzxid: Buffer;
  }

  export interface Event {
    getType(): number;
    getName(): string;
    getPath(): string;
  }

  export interface State {
    getName(): string;
  }

  export class Id {
    constructor(scheme: string, id: string);
    readonly scheme: string;
    readonly id: string;
  }

  export class ACL {
    constructor(permission: number, id: Id);
    readonly permission: number;
    readonly id: Id;
    static readonly OPEN_ACL_UNSAFE: ACL[];
    static readonly CREATOR_ALL_ACL: ACL[];
    static readonly READ_ACL_UNSAFE: ACL[];
  }

  /** Calls back with an error, or with null (or nothing) and the results. */
  export type Done<Results extends readonly unknown[]> = (
    error: Exception | null | undefined,
    ...results: Results
  ) => void;

  export type Watcher = (event: Event) => void;

  export interface OpResult {
    readonly type: number;
    readonly path?: string;
    readonly stat?: Stat;
    readonly err?: number;
  }

  export interface Transaction {
    create(path: string, data?: Buffer, acls?: ACL[], mode?: number): this;
    check(path: string, version?: number): this;
    setData(path: string, data: Buffer, version?: number): this;
    remove(path: string, version?: number): this;
    commit(done: Done<[OpResult[]]>): void;
  }

  export interface Client extends EventEmitter {
    connect(): void;
    close(): void;
    getState(): State;
    getSessionId(): Buffer;
    getSessionPassword(): Buffer;
    getSessionTimeout(): number;
    addAuthInfo(scheme: string, auth: Buffer): void;
    create(
      path: string,
      data: Buffer | undefined,
      acls: ACL[],
      mode: number,
      done: Done<[string]>,
    ): void;
    remove(path: string, version: number, done: Done<[]>): void;
    removeRecursive(path: string, version: number, done: Done<[]>): void;
    exists(path: string, watcher: Watcher | undefined, done: Done<[Stat | null]>): void;
    getData(
      path: string,
      watcher: Watcher | undefined,
      done: Done<[Buffer | undefined, Stat]>,
    ): void;
    setData(path: string, data: Buffer, version: number, done: Done<[Stat]>): void;
    getACL(path: string, done: Done<[ACL[], Stat]>): void;
    setACL(path: string, acls: ACL[], version: number, done: Done<[Stat]>): void;
    getChildren(path: string, watcher: Watcher | undefined, done: Done<[string[], Stat]>): void;
    listSubTreeBFS(path: string, done: Done<[string[]]>): void;
    mkdirp(path: string, data: Buffer, done: Done<[string]>): void;
    transaction(): Transaction;
  }

  export interface Options {
    readonly sessionTimeout?: number;
    readonly spinDelay?: number;
    readonly retries?: number;
    readonly sessionId?: Buffer;
    readonly sessionPassword?: Buffer;
  }

  interface Module {
    createClient(connectionString: string, options?: Options): Client;
    readonly ACL: typeof ACL;
    readonly Id: typeof Id;
    readonly CreateMode: Readonly<
      Record<"PERSISTENT" | "PERSISTENT_SEQUENTIAL" | "EPHEMERAL" | "EPHEMERAL_SEQUENTIAL", number>
    >;
    readonly Permission: Readonly<
      Record<"READ" | "WRITE" | "CREATE" | "DELETE" | "ADMIN" | "ALL", number>
    >;
    readonly Exception: Readonly<Record<string, number>>;
  }

  const zookeeper: Module;
  export default zookeeper;
}
