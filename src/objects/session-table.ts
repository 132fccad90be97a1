/**
 * The `sessions` table, all of it in memory: a server must look at every session to know which are over.
 */
import type { Session } from "../core/store.ts";
import type { SessionId } from "../protocol/records.ts";

type SessionRow = {
  id: number;
  passwd: ArrayBuffer;
  timeout_ms: number;
  created_ms: number;
  heard_ms: number | null;
  subject: string | null;
  lease: number;
};

/** A session as its row has it. */
interface StoredSession extends Session {
  /** When the session was last heard of before it lost its connection; null while it has one. */
  readonly heardMs: number | null;
}

export class SessionTable {
  readonly #sql: SqlStorage;
  readonly #sessions = new Map<SessionId, StoredSession>();
  readonly #changed = new Set<SessionId>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    for (const row of sql.exec<SessionRow>("SELECT * FROM sessions")) {
      this.#sessions.set(row.id, {
        id: row.id,
        passwd: new Uint8Array(row.passwd),
        timeoutMs: row.timeout_ms,
        createdMs: row.created_ms,
        heardMs: row.heard_ms,
        subject: row.subject ?? undefined,
        isLease: row.lease === 1,
      });
    }
  }

  get(id: SessionId): StoredSession | undefined {
    return this.#sessions.get(id);
  }

  values(): Iterable<StoredSession> {
    return this.#sessions.values();
  }

  /** Whether there is something to write. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
  }

  put(session: Session): void {
    this.#sessions.set(session.id, { ...session, heardMs: null });
    this.#changed.add(session.id);
  }

  /** Notes that a session has a connection (null) or lost it, and was heard of at `heardMs`. */
  setHeard(id: SessionId, heardMs: number | null): void {
    const session = this.#sessions.get(id);
    if (session === undefined || session.heardMs === heardMs) return;
    this.#sessions.set(id, { ...session, heardMs });
    this.#changed.add(id);
  }

  delete(id: SessionId): void {
    this.#sessions.delete(id);
    this.#changed.add(id);
  }

  /** Writes the sessions that changed and returns the rows written. */
  flush(): number {
    let rows = 0;
    for (const id of this.#changed) {
      const session = this.#sessions.get(id);
      rows += (session === undefined ? this.#delete(id) : this.#upsert(session)).rowsWritten;
    }
    this.#changed.clear();
    return rows;
  }

  #upsert(session: StoredSession): SqlStorageCursor<Record<string, SqlStorageValue>> {
    return this.#sql.exec(
      "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
      session.id,
      session.passwd.buffer,
      session.timeoutMs,
      session.createdMs,
      session.heardMs,
      session.subject ?? null,
      session.isLease === true ? 1 : 0,
    );
  }

  #delete(id: SessionId): SqlStorageCursor<Record<string, SqlStorageValue>> {
    return this.#sql.exec("DELETE FROM sessions WHERE id = ?", id);
  }
}
