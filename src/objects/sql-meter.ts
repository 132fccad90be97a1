/**
 * Counts the rows that SQLite reads, which is what Cloudflare bills of a look-up. It stands in front of the object's SQL, so
 * that no statement is forgotten.
 */

/** Cursors kept at most outside of batches, as a call of its own makes them. */
const CURSORS_MAX = 4_096;

type Row = Record<string, SqlStorageValue>;

export class SQLMeter implements SqlStorage {
  readonly #sql: SqlStorage;
  #cursors: SqlStorageCursor<Row>[] = [];
  #rowsRead = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  exec<T extends Row>(query: string, ...bindings: unknown[]): SqlStorageCursor<T> {
    if (this.#cursors.length === CURSORS_MAX) this.settle();
    const cursor = this.#sql.exec<T>(query, ...bindings);
    this.#cursors.push(cursor);
    return cursor;
  }

  /** Rows read since this was constructed. */
  get rowsRead(): number {
    this.settle();
    return this.#rowsRead;
  }

  get databaseSize(): number {
    return this.#sql.databaseSize;
  }

  get Cursor(): SqlStorage["Cursor"] {
    return this.#sql.Cursor;
  }

  get Statement(): SqlStorage["Statement"] {
    return this.#sql.Statement;
  }

  /**
   * Asks all cursors. Not when they are made: one knows what it has read only when it has been gone through. Called
   * after each batch, so that what is kept until then dies young.
   */
  settle(): void {
    for (const cursor of this.#cursors) this.#rowsRead += cursor.rowsRead;
    this.#cursors = [];
  }
}
