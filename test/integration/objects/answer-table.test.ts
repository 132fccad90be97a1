import { describe, expect, it } from "vitest";
import type { KeptAnswer } from "../../../src/core/idempotency.ts";
import { AnswerTable } from "../../../src/objects/answer-table.ts";
import { TestNamespace } from "../support/namespace.ts";

const MINUTE_MS = 60_000;
const START_MS = 1_000 * MINUTE_MS;

function answerOf(zxid: number): KeptAnswer {
  return { hash: 7, zxid, err: 0, body: Uint8Array.of(1, 2), note: null };
}

function withTable(run: (table: AnswerTable, sql: SqlStorage) => void): Promise<void> {
  return new TestNamespace().inside(({ storage: { sql } }) => run(new AnswerTable(sql), sql));
}

describe("kept answers", () => {
  it("are found by key, before they are written and after, for ten minutes from when they were given", async () => {
    await withTable((table, sql) => {
      const givenMs = START_MS + MINUTE_MS - 1;
      table.keep("a", answerOf(1), givenMs);
      expect(table.find("a", givenMs)).toEqual(answerOf(1));
      expect(table.flush()).toBe(1);
      const others = new AnswerTable(sql);
      for (const found of [table, others]) {
        expect(found.find("a", givenMs + 10 * MINUTE_MS)).toEqual(answerOf(1));
        expect(found.find("b", givenMs)).toBeUndefined();
        expect(found.find("a", givenMs + 11 * MINUTE_MS)).toBeUndefined();
      }
    });
  });

  it("are found by what their keys begin with, in order", async () => {
    await withTable((table) => {
      table.keep("k/2", answerOf(2), START_MS + MINUTE_MS);
      table.keep("k/1", answerOf(1), START_MS);
      table.keep("k2/1", answerOf(3), START_MS);
      table.flush();
      expect(table.findAll("k/", START_MS + MINUTE_MS)).toEqual([answerOf(1), answerOf(2)]);
    });
  });

  it("go when others are written eleven minutes later, whatever has happened in between", async () => {
    await withTable((table, sql) => {
      table.keep("a", answerOf(1), START_MS);
      table.keep("b", answerOf(2), START_MS + MINUTE_MS);
      table.flush();
      const later = new AnswerTable(sql);
      later.keep("c", answerOf(3), START_MS + 11 * MINUTE_MS);
      expect(later.flush()).toBe(2);
      expect(sql.exec("SELECT key FROM answers ORDER BY key").toArray()).toEqual([
        { key: "b" },
        { key: "c" },
      ]);
    });
  });

  it("are trimmed when the alarm comes, and want another one while there are others", async () => {
    await withTable((table, sql) => {
      expect(table.trimMs).toBeUndefined();
      table.keep("a", answerOf(1), START_MS);
      table.keep("b", answerOf(2), START_MS + 15 * MINUTE_MS);
      // No earlier than that there is something to remove: what is written meanwhile would remove it by itself.
      const dueMs = table.trimMs ?? 0;
      expect(dueMs).toBeGreaterThanOrEqual(START_MS + 11 * MINUTE_MS);
      sql.exec("DELETE FROM answers");
      const again = new AnswerTable(sql);
      again.keep("a", answerOf(1), START_MS);
      again.flush();
      expect(again.trim(dueMs)).toBe(1);
      expect(again.trimMs).toBeUndefined();
    });
  });

  it("are refused when there are too many of a minute", async () => {
    await new TestNamespace().inside(({ storage: { sql } }) => {
      const table = new AnswerTable(sql, 2);
      for (const key of ["a", "b"]) {
        expect(table.isFull(START_MS)).toBe(false);
        table.keep(key, answerOf(1), START_MS);
      }
      expect(table.isFull(START_MS)).toBe(true);
      expect(table.isFull(START_MS + MINUTE_MS)).toBe(false);
    });
  });
});
