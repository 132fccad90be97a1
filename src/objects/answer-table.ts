/**
 * The `answers` table: what writes that are done once were answered with, a row each. New ones are kept back until the batch
 * is committed.
 *
 * Rows lie by the minute in which they were written, so that those of old minutes go by a range. A key is looked for in every
 * minute that its answer may be of.
 */
import { ANSWERS_KEPT_MS, type AnswerStore, type KeptAnswer } from "../core/idempotency.ts";

const MINUTE_MS = 60_000;
const KEPT_MINUTES = ANSWERS_KEPT_MS / MINUTE_MS;

/** Answers that are kept of a minute, as far as the object remembers it. More are refused. */
const ANSWERS_PER_MINUTE_MAX = 100_000;

/** While more are written, these remove the old ones: the alarm comes for the last of them, and so need not be soon. */
const ALARM_DELAY_MINUTES = 10;

const FIND = `SELECT a.key, a.hash, a.zxid, a.err, a.body, a.note
  FROM json_each(?1) m CROSS JOIN answers a ON a.minute = m.value`;

type Row = [
  key: string,
  hash: number,
  zxid: number,
  err: number,
  body: ArrayBuffer,
  note: string | null,
];

export class AnswerTable implements AnswerStore {
  readonly #sql: SqlStorage;
  readonly #perMinuteMax: number;
  /** Those of which there are rows, or will be, the oldest first; undefined until somebody asks. */
  #known: number[] | undefined;
  /** How many were kept in the last of them. */
  #countInLast = 0;
  /** Written with the next flush. */
  readonly #new = new Map<string, { readonly answer: KeptAnswer; readonly minute: number }>();

  constructor(sql: SqlStorage, perMinuteMax = ANSWERS_PER_MINUTE_MAX) {
    this.#sql = sql;
    this.#perMinuteMax = perMinuteMax;
  }

  find(key: string, nowMs: number): KeptAnswer | undefined {
    const kept = this.#new.get(key)?.answer;
    if (kept !== undefined) return kept;
    const minutes = this.#minutesSince(firstKept(nowMs));
    if (minutes.length === 0) return undefined;
    const [row] = this.#sql.exec(`${FIND} AND a.key = ?2`, JSON.stringify(minutes), key).raw<Row>();
    return row && toAnswer(row);
  }

  /** All answers whose keys begin so, in the order of their keys. Of those that are being written none can be asked for yet. */
  findAll(prefix: string, nowMs: number): KeptAnswer[] {
    const minutes = this.#minutesSince(firstKept(nowMs));
    if (minutes.length === 0) return [];
    // No UTF-8 has a byte above that of U+10FFFF.
    const rows = this.#sql
      .exec(
        `${FIND} AND a.key >= ?2 AND a.key < ?3 ORDER BY a.key`,
        JSON.stringify(minutes),
        prefix,
        `${prefix}\u{10ffff}`,
      )
      .raw<Row>();
    return Array.from(rows, toAnswer);
  }

  keep(key: string, answer: KeptAnswer, nowMs: number): void {
    const minute = minuteOf(nowMs);
    this.#new.set(key, { answer, minute });
    const minutes = this.#minutes();
    if (!minutes.includes(minute)) {
      minutes.push(minute);
      // Clocks may go back.
      minutes.sort((left, right) => left - right);
      this.#countInLast = 0;
    }
    this.#countInLast += 1;
  }

  isFull(nowMs: number): boolean {
    return this.#countInLast >= this.#perMinuteMax && this.#minutes().at(-1) === minuteOf(nowMs);
  }

  /** When {@link AnswerTable.trim} is to be called, in milliseconds since 1970; undefined when there is nothing to remove. */
  get trimMs(): number | undefined {
    const [oldest] = this.#minutes();
    return oldest === undefined
      ? undefined
      : (oldest + KEPT_MINUTES + 1 + ALARM_DELAY_MINUTES) * MINUTE_MS;
  }

  /** Removes what need not be kept any more, and returns the rows written. */
  trim(nowMs: number): number {
    const end = firstKept(nowMs);
    const [oldest = end] = this.#minutes();
    if (oldest >= end) return 0;
    this.#known = this.#minutesSince(end);
    return this.#sql.exec("DELETE FROM answers WHERE minute < ?", end).rowsWritten;
  }

  /** Writes what is new and returns the rows written. */
  flush(): number {
    if (this.#new.size === 0) return 0;
    let rows = 0;
    for (const [key, { answer, minute }] of this.#new) {
      const { hash, zxid, err, body, note } = answer;
      rows += this.#sql.exec(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
        minute,
        key,
        hash,
        zxid,
        err,
        body.buffer,
        note,
      ).rowsWritten;
    }
    this.#new.clear();
    return rows + this.trim((this.#minutes().at(-1) ?? 0) * MINUTE_MS);
  }

  #minutesSince(first: number): number[] {
    return this.#minutes().filter((minute) => minute >= first);
  }

  #minutes(): number[] {
    return (this.#known ??= this.#loadMinutes());
  }

  /** From one minute to the next, since to go through all rows would take long where there are many. */
  #loadMinutes(): number[] {
    const minutes: number[] = [];
    for (let last = -1; ;) {
      const query = "SELECT min(minute) FROM answers WHERE minute > ?";
      const [row] = this.#sql.exec(query, last).raw<[number | null]>();
      const minute = row?.[0] ?? null;
      if (minute === null) return minutes;
      minutes.push(minute);
      last = minute;
    }
  }
}

function minuteOf(nowMs: number): number {
  return Math.floor(nowMs / MINUTE_MS);
}

/** The first minute of which all is kept: what was written at its end is not ten minutes old before the eleventh is over. */
function firstKept(nowMs: number): number {
  return minuteOf(nowMs) - KEPT_MINUTES;
}

function toAnswer([, hash, zxid, err, body, note]: Row): KeptAnswer {
  return { hash, zxid, err, body: new Uint8Array(body), note };
}
