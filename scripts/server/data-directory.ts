/**
 * The folder that holds the data, and the promise that one server at a time uses it.
 *
 * workerd itself does not see to that: two of it on one folder both serve, each from its own memory (seen with
 * 1.20261023.1). Both checks here rest on SQLite's file locks, which the kernel drops with the process that held them,
 * so nothing stale is ever left behind:
 * - a launcher holds the lock of `edgekeeper.lock` for as long as it lives;
 * - a workerd holds a lock on each class's `metadata.sqlite`, which tells of one that outlived its launcher.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../command.ts";

/** SQLite's result code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;
/** With a write-ahead log, an exclusive transaction alone gets along with other connections. */
const lockOutReaders = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE";

export interface DataDirectory extends Disposable {
  readonly path: string;
}

/** Creates the folder if need be and takes it, until disposed. `name` is how the user calls it. */
export function takeDataDirectory(name: string): DataDirectory {
  const path = resolve(name);
  prepare(path, name);
  const lock = lockExclusively(join(path, "edgekeeper.lock"), "BEGIN EXCLUSIVE", name);
  try {
    for (const file of metadataFiles(path)) lockExclusively(file, lockOutReaders, name).close();
  } catch (error) {
    lock.close();
    throw error;
  }
  return { path, [Symbol.dispose]: () => lock.close() };
}

function prepare(path: string, name: string): void {
  try {
    makeFolder(path);
    // Asking for permission is not enough: a read-only file system, a full disk and root's rights all answer wrongly.
    const probe = join(path, `.probe-${process.pid}`);
    writeFileSync(probe, "x");
    rmSync(probe);
  } catch (error) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
    if (isFolder === false) throw new UserError(`--data ${name}: not a directory`);
    throw new UserError(`--data ${name}: cannot write there (${errorCode(error)})`);
  }
}

/** Not `mkdirSync`'s `recursive`, which never returns where a folder cannot be made in one that is there (/proc). */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error; // Another launcher made it just now.
  }
}

function lockExclusively(file: string, statements: string, name: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec(statements);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) {
      throw new UserError(`--data ${name}: in use by another server`);
    }
    throw new UserError(`--data ${name}: cannot open ${file} (${String(error)})`);
  }
}

function metadataFiles(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name, "metadata.sqlite"))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
