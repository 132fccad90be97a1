/**
 * A store in memory, for tests and models: nothing survives it.
 */
import type { SessionId, Zxid } from "../protocol/records.ts";
import { MemoryAnswers } from "./memory-answers.ts";
import { nodeName, parentPath } from "./path.ts";
import type { Session, Store, SubtreeTotals } from "./store.ts";
import type { Znode } from "./znode.ts";

export class MemoryStore implements Store {
  lastZxid: Zxid = 0;
  readonly answers = new MemoryAnswers();
  readonly #znodes = new Map<string, Znode>();
  readonly #children = new Map<string, Set<string>>();
  readonly #ephemerals = new Map<SessionId, Set<string>>();
  readonly #sessions = new Map<SessionId, Session>();

  getZnode(path: string): Znode | undefined {
    return this.#znodes.get(path);
  }

  putZnode(path: string, znode: Znode): void {
    if (!this.#znodes.has(path)) this.#index(path, znode);
    this.#znodes.set(path, znode);
  }

  deleteZnode(path: string): void {
    const znode = this.#znodes.get(path);
    if (znode === undefined) return;
    this.#znodes.delete(path);
    this.#children.get(parentPath(path) ?? "")?.delete(nodeName(path));
    this.#ephemerals.get(znode.ephemeralOwner)?.delete(path);
  }

  childNames(path: string): readonly string[] {
    return [...(this.#children.get(path) ?? [])];
  }

  ephemeralPaths(owner: SessionId): readonly string[] {
    return [...(this.#ephemerals.get(owner) ?? [])];
  }

  countSubtree(path: string): number {
    return this.subtreeTotals(path).znodes;
  }

  subtreeTotals(path: string): SubtreeTotals {
    const below = path === "/" ? "/" : `${path}/`;
    let znodes = 0;
    let bytes = 0;
    for (const [at, { data }] of this.#znodes) {
      if (at !== path && !at.startsWith(below)) continue;
      znodes += 1;
      bytes += data?.length ?? 0;
    }
    return { znodes, bytes };
  }

  getSession(id: SessionId): Session | undefined {
    return this.#sessions.get(id);
  }

  putSession(session: Session): void {
    this.#sessions.set(session.id, session);
  }

  deleteSession(id: SessionId): void {
    this.#sessions.delete(id);
  }

  /** Every path, in order. */
  paths(): string[] {
    return [...this.#znodes.keys()].toSorted();
  }

  #index(path: string, znode: Znode): void {
    const parent = parentPath(path);
    if (parent !== undefined && path !== "/") addTo(this.#children, parent, nodeName(path));
    if (znode.ephemeralOwner !== 0) addTo(this.#ephemerals, znode.ephemeralOwner, path);
  }
}

function addTo<K>(sets: Map<K, Set<string>>, key: K, value: string): void {
  const set = sets.get(key);
  if (set === undefined) sets.set(key, new Set([value]));
  else set.add(value);
}
