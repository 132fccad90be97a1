/**
 * What the object's databases hold, down to the byte: the same before and after says that nothing was written.
 */
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface DatabaseState {
  /** Digests of the files, the write-ahead logs among them, by name. */
  readonly digests: ReadonlyMap<string, string>;
  readonly sessions: number;
  /** Sessions that, as the database has it, are connected. */
  readonly connected: number;
}

/** Reads all databases below a folder. No connection is made to them: a reader would write to their shared memory. */
export function readDatabaseState(folder: string): DatabaseState {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((file) => /\.sqlite(-wal)?$/.test(file) && statSync(file).isFile())
    .sort();
  const digests = new Map(
    files.map((file) => {
      const { size, mtimeMs } = statSync(file);
      const digest = createHash("sha256").update(readFileSync(file)).digest("hex");
      return [file, `${size} ${mtimeMs} ${digest}`] as const;
    }),
  );
  const counts = files
    .filter((file) => file.endsWith(".sqlite") && basename(file) !== "metadata.sqlite")
    .map(countSessions);
  return {
    digests,
    sessions: counts.reduce((sum, { sessions }) => sum + sessions, 0),
    connected: counts.reduce((sum, { connected }) => sum + connected, 0),
  };
}

/** The files that are not what they were. */
export function changedFiles(before: DatabaseState, after: DatabaseState): string[] {
  const names = new Set([...before.digests.keys(), ...after.digests.keys()]);
  return [...names].filter((name) => before.digests.get(name) !== after.digests.get(name));
}

function countSessions(file: string): { readonly sessions: number; readonly connected: number } {
  const folder = mkdtempSync(join(tmpdir(), "bench-scale-copy-"));
  try {
    const copy = join(folder, "copy.sqlite");
    copyFileSync(file, copy);
    if (statSync(`${file}-wal`, { throwIfNoEntry: false }))
      copyFileSync(`${file}-wal`, `${copy}-wal`);
    const database = new DatabaseSync(copy);
    const query =
      "SELECT count(*) AS sessions, count(*) - count(heard_ms) AS connected FROM sessions";
    const row = database.prepare(query).get() as { sessions: number; connected: number };
    database.close();
    return row;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
