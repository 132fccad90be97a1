/**
 * What `npm start` needs of wrangler.toml, which is the one place that says what the Worker is made of.
 */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parse } from "smol-toml";
import { UserError } from "../command.ts";

export interface WranglerConfig {
  /** The entry point, relative to the file's folder. */
  readonly main: string;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Values as JSON would have them. */
  readonly vars: Readonly<Record<string, unknown>>;
  readonly durableObjects: readonly DurableObjectBinding[];
}

export interface DurableObjectBinding {
  readonly binding: string;
  readonly className: string;
}

/** Anything else would be missing from the Worker without a word. */
const knownKeys = new Set([
  "$schema",
  "name",
  "main",
  "compatibility_date",
  "compatibility_flags",
  "vars",
  "durable_objects",
  "migrations",
  "observability",
  // Cloudflare's, which the Worker does without where there are none.
  "ratelimits",
  "env",
]);

type Table = Readonly<Record<string, unknown>>;

export function readWranglerConfig(file: string): WranglerConfig {
  try {
    return interpret(parse(readFileSync(file, "utf8")));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${basename(file)}: ${message.split("\n")[0]}`);
  }
}

function interpret(file: Table): WranglerConfig {
  const unknown = Object.keys(file).filter((key) => !knownKeys.has(key));
  if (unknown.length > 0) {
    throw new TypeError(`scripts/server does not know ${unknown.join(", ")} yet`);
  }
  const sqlClasses = list(file, "migrations").flatMap((migration) =>
    strings(migration, "new_sqlite_classes"),
  );
  const bindings = list(table(file, "durable_objects"), "bindings").map((binding) => ({
    binding: string(binding, "name"),
    className: string(binding, "class_name"),
  }));
  for (const { className } of bindings) {
    if (!sqlClasses.includes(className)) {
      throw new TypeError(`no migration lists ${className} in new_sqlite_classes`);
    }
  }
  return {
    main: string(file, "main"),
    compatibilityDate: string(file, "compatibility_date"),
    compatibilityFlags: strings(file, "compatibility_flags"),
    vars: table(file, "vars"),
    durableObjects: bindings,
  };
}

function string(from: Table, key: string): string {
  const value = from[key];
  if (typeof value !== "string") throw new TypeError(`${key} must be a string`);
  return value;
}

function strings(from: Table, key: string): readonly string[] {
  return array(from, key).map((value) => {
    if (typeof value !== "string") throw new TypeError(`${key} must be a list of strings`);
    return value;
  });
}

function table(from: Table, key: string): Table {
  const value = from[key] ?? {};
  if (!isTable(value)) throw new TypeError(`${key} must be a table`);
  return value;
}

function list(from: Table, key: string): readonly Table[] {
  return array(from, key).map((value) => {
    if (!isTable(value)) throw new TypeError(`${key} must be a list of tables`);
    return value;
  });
}

function array(from: Table, key: string): readonly unknown[] {
  const value = from[key] ?? [];
  if (!Array.isArray(value)) throw new TypeError(`${key} must be a list`);
  return value;
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
