/**
 * The store in SQLite against the one in memory: the same random requests to both, with flushes, fresh starts and
 * data that does not fit into the caches in between.
 */
import { describe, expect, it } from "vitest";
import { createSystemZnodes } from "../../../src/core/data-tree.ts";
import { MemoryStore } from "../../../src/core/memory-store.ts";
import { defaultSessionTimeouts } from "../../../src/core/session-tracker.ts";
import { type Client, StateMachine } from "../../../src/core/state-machine.ts";
import type { Store } from "../../../src/core/store.ts";
import { WatchManager } from "../../../src/core/watch-manager.ts";
import { SqliteStore } from "../../../src/objects/sqlite-store.ts";
import { CreateFlags, OpCode } from "../../../src/protocol/op-code.ts";
import type { ACL, SessionId } from "../../../src/protocol/records.ts";
import type { MultiOp, Request } from "../../../src/protocol/requests.ts";
import { TestNamespace } from "../support/namespace.ts";
import { OPEN_ACL } from "../support/zookeeper-client.ts";
import { Random } from "../support/random.ts";

const SESSIONS: readonly SessionId[] = [11, 12, 13];
const ODD_PATHS = ["", "/", "//a", "/a/", "/a//b", "a", "//", "/./a", "/a\0", "/zookeeper/config"];
const MIXED_ACL: readonly ACL[] = [
  { perms: 31, id: { scheme: "digest", id: "a:b" } },
  { perms: 7, id: { scheme: "world", id: "anyone" } },
];

/** A third of the runs has data of up to a megabyte, so that little of the tree fits into the caches. */
const RUNS = Array.from({ length: 6 }, (_, seed) => ({ seed, isLarge: seed % 3 === 2 }));

describe("the store in SQLite", () => {
  it.each(RUNS)("does what the one in memory does: $seed, large: $isLarge", async (run) => {
    await new TestNamespace().inside((state) => {
      const comparison = new Comparison(state.storage, run.seed, run.isLarge);
      for (let step = 0; step < (run.isLarge ? 800 : 3_000); step++) comparison.step();
      comparison.compareAll();
    });
  });

  it("keeps lists of children that are longer than its cache", async () => {
    await new TestNamespace().inside(({ storage }) => {
      const first = machineOver(new SqliteStore(storage.sql));
      for (const path of ["/long", "/short"]) first.apply(createOp(path, null, 0));
      const long = 110_000;
      for (let i = 0; i < long; i++) first.apply(createOp(`/long/${i}`, null, 0));
      first.store.flush();

      const machine = machineOver(new SqliteStore(storage.sql));
      for (let i = 0; i < 100; i++) {
        machine.apply(createOp(`/long/new-${i}`, null, CreateFlags.persistent));
        machine.apply(createOp(`/short/${i}`, null, CreateFlags.persistent));
        machine.apply({ type: OpCode.delete, path: `/long/${i}`, version: -1 });
        machine.apply({ type: OpCode.delete, path: `/long/new-${i - 1}`, version: -1 });
        if (i % 40 === 0) storage.transactionSync(() => machine.store.flush());
      }
      storage.transactionSync(() => machine.store.flush());
      for (const store of [machine.store, new SqliteStore(storage.sql)]) {
        const names = new Set(store.childNames("/long"));
        expect(names.size).toBe(long - 100 + 1);
        expect([names.has("new-99"), names.has("new-98"), names.has("99")]).toEqual([
          true,
          false,
          false,
        ]);
        expect(store.getZnode("/long")?.numChildren).toBe(names.size);
        expect(store.childNames("/short")).toHaveLength(100);
      }
    });
  });

  it("keeps what a batch wrote out of the database until it is flushed", async () => {
    await new TestNamespace().inside(({ storage }) => {
      const machine = machineOver(new SqliteStore(storage.sql));
      storage.transactionSync(() => machine.store.flush());
      machine.apply(createOp("/a", null, CreateFlags.ephemeral));
      expect(new SqliteStore(storage.sql).getZnode("/a")).toBeUndefined();
      const failing = (): void => {
        storage.transactionSync(() => {
          machine.store.flush();
          throw new Error("on the way");
        });
      };
      expect(failing).toThrow("on the way");
      const fresh = new SqliteStore(storage.sql);
      expect(fresh.getZnode("/a")).toBeUndefined();
      expect(fresh.childNames("/")).toEqual(["zookeeper"]);
      expect(fresh.ephemeralPaths(SESSIONS[0] as SessionId)).toEqual([]);
      expect(fresh.lastZxid).toBe(0);
    });
  });
});

class Comparison {
  readonly #storage: DurableObjectStorage;
  readonly #random: Random;
  readonly #isLarge: boolean;
  readonly #names: readonly string[];
  readonly #memory = machineOver(new MemoryStore());
  #sqlite: Machine<SqliteStore>;
  readonly #log: string[] = [];

  constructor(storage: DurableObjectStorage, seed: number, isLarge: boolean) {
    this.#storage = storage;
    this.#random = new Random(seed);
    this.#isLarge = isLarge;
    this.#names = isLarge ? ["a", "b", "c", "d", "e", "f"] : ["a", "b", "c"];
    this.#sqlite = machineOver(new SqliteStore(storage.sql));
  }

  step(): void {
    const dice = this.#random.below(100);
    if (dice < 6) this.#flush();
    else if (dice < 8) this.#startAfresh();
    else if (dice < 10) this.#closeSession(this.#random.pick(SESSIONS));
    else if (dice < 12) this.#prefetch();
    else this.#apply(this.#request(), this.#random.pick(SESSIONS));
  }

  /** What is in the database is what is in memory. */
  compareAll(): void {
    this.#startAfresh();
    const [sqlite, memory] = [this.#sqlite.store, this.#memory.store];
    for (const path of memory.paths()) {
      expect(readable(sqlite.getZnode(path)), path).toBe(readable(memory.getZnode(path)));
      expect(sqlite.subtreeTotals(path), path).toEqual(memory.subtreeTotals(path));
      expect(sqlite.countSubtree(path), path).toBe(memory.countSubtree(path));
      expect([...sqlite.childNames(path)].toSorted(), path).toEqual(
        [...memory.childNames(path)].toSorted(),
      );
    }
    for (const id of SESSIONS) {
      expect([...sqlite.ephemeralPaths(id)].toSorted()).toEqual(
        [...memory.ephemeralPaths(id)].toSorted(),
      );
    }
    const { n } = this.#storage.sql.exec<{ n: number }>("SELECT count(*) AS n FROM znodes").one();
    expect(n).toBe(memory.paths().length);
    const lost = "SELECT path FROM large_data WHERE path NOT IN (SELECT value FROM json_each(?))";
    const paths = JSON.stringify(memory.paths());
    expect(this.#storage.sql.exec(lost, paths).toArray()).toEqual([]);
    expect(sqlite.lastZxid).toBe(memory.lastZxid);
  }

  #apply(request: Request, sessionId: SessionId): void {
    this.#log.push(readable(request));
    const [sqlite, memory] = [this.#sqlite, this.#memory].map((machine) =>
      readable(machine.apply(request, sessionId)),
    );
    if (sqlite === memory) return;
    throw new Error(`differs after\n${this.#log.slice(-15).join("\n")}\n${sqlite}\n${memory}`);
  }

  #closeSession(id: SessionId): void {
    this.#log.push(`close ${id}`);
    this.#sqlite.machine.closeSession(id, SILENT);
    this.#memory.machine.closeSession(id, SILENT);
  }

  #flush(): void {
    this.#log.push("flush");
    this.#sqlite.store.flush();
  }

  #prefetch(): void {
    const paths = Array.from({ length: this.#random.below(20) }, () => this.#path());
    this.#log.push(`prefetch ${paths.join(" ")}`);
    this.#sqlite.store.prefetch(paths);
  }

  #startAfresh(): void {
    this.#flush();
    this.#log.push("start afresh");
    this.#sqlite = machineOver(new SqliteStore(this.#storage.sql));
  }

  #request(): Request {
    const random = this.#random;
    const path = this.#path();
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2: {
        const op = this.#op();
        return op.type === OpCode.check ? { type: OpCode.sync, path } : op;
      }
      case 3:
        return {
          type: OpCode.multi,
          ops: Array.from({ length: random.below(6) }, () => this.#op()),
        };
      case 4:
        return { type: OpCode.setACL, path, acl: random.pick([OPEN_ACL, MIXED_ACL]), version: -1 };
      case 5:
        return { type: OpCode.getACL, path };
      default: {
        const reads = [OpCode.exists, OpCode.getData, OpCode.getChildren, OpCode.getChildren2];
        return { type: random.pick(reads), path, watch: false };
      }
    }
  }

  #op(): MultiOp {
    const random = this.#random;
    const path = this.#path();
    const version = random.below(5) > 0 ? -1 : random.below(3);
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return createOp(path, this.#data(), random.pick([0, 0, 0, 1, 2, 3]));
      case 3:
      case 4:
        return { type: OpCode.delete, path, version };
      case 5:
        return { type: OpCode.check, path, version };
      default:
        return { type: OpCode.setData, path, data: this.#data(), version };
    }
  }

  #path(): string {
    if (this.#random.below(40) === 0) return this.#random.pick(ODD_PATHS);
    const depth = 1 + this.#random.below(3);
    return Array.from({ length: depth }, () => `/${this.#random.pick(this.#names)}`).join("");
  }

  #data(): Uint8Array | null {
    const random = this.#random;
    if (random.below(10) === 0) return null;
    if (this.#isLarge && random.below(2) === 0)
      return new Uint8Array(900_000 + random.below(100_000));
    return new Uint8Array(random.pick([0, 1, 5, 800, 801, 1_000]));
  }
}

const SILENT = { nowMs: 1, notify: (): void => {} };

interface Machine<S extends Store> {
  readonly store: S;
  readonly machine: StateMachine;
  apply(request: Request, sessionId?: SessionId): unknown;
}

function machineOver<S extends Store>(store: S): Machine<S> {
  createSystemZnodes(store);
  const machine = new StateMachine({
    store,
    watches: new WatchManager(),
    sessionTimeouts: defaultSessionTimeouts(2_000),
    randomBytes: (count) => new Uint8Array(count),
    sha1Base64: (text) => text,
  });
  const apply = (request: Request, sessionId = SESSIONS[0] as SessionId): unknown => {
    const client: Client = { sessionId, address: "10.0.0.1", authIds: [] };
    return machine.apply(request, client, SILENT);
  };
  return { store, machine, apply };
}

function createOp(path: string, data: Uint8Array | null, flags: number): Request & MultiOp {
  return { type: OpCode.create2, path, data, acl: OPEN_ACL, flags };
}

/** As text that is equal exactly when two values are: the order of children is nobody's promise. */
function readable(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (part instanceof Uint8Array) return `${part.length} bytes`;
    return key === "children" ? (part as string[]).toSorted() : part;
  });
}
