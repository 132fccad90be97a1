/** Random values: as a schema says, or better not. */
import type { Random } from "../../process/support/random.ts";
import type { APIDocument, Schema } from "./document.ts";
import type { Pool } from "./pool.ts";

/** What no parameter should be, as text. */
export const HOSTILE_TEXTS: readonly string[] = [
  "",
  " ",
  "-1",
  "1.5",
  "1e99",
  "NaN",
  "true",
  "null",
  "[]",
  "{}",
  "..",
  "\u00e9",
  "a b",
  "'; --",
  "__proto__",
  "x".repeat(3_000),
  "9".repeat(30),
];

const LETTERS: readonly string[] = ["a", "b", "é", "-", "_", "/", " ", "0", ":", "☃"];

const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  2 ** 53,
  -(2 ** 63),
  1e308,
  "",
  "\u0000",
  "\ud800",
  "x".repeat(100_000),
  [],
  {},
  [[[[[]]]]],
  { __proto__: null },
];

export class Values {
  readonly #document: APIDocument;
  readonly #pool: Pool;
  readonly #random: Random;

  constructor(document: APIDocument, pool: Pool, random: Random) {
    this.#document = document;
    this.#pool = pool;
    this.#random = random;
  }

  /** A value of a parameter or field of this name, as its schema says. */
  valid(schema: Schema, name: string): unknown {
    const random = this.#random;
    const resolved = this.#document.resolve(schema);
    const known = this.#pool.valueOf(name, resolved);
    if (known !== undefined) return known;
    if (resolved["const"] !== undefined) return resolved["const"];
    if (Array.isArray(resolved["enum"])) return random.pick(resolved["enum"] as unknown[]);
    const variants = (resolved["oneOf"] ?? resolved["anyOf"]) as readonly Schema[] | undefined;
    if (variants !== undefined) return this.valid(random.pick(variants) ?? {}, name);
    switch (resolved["type"]) {
      case "boolean":
        return random.below(2) === 0;
      case "integer":
        return this.#integer(resolved);
      case "string":
        return this.#string(resolved, name);
      case "array":
        return this.#array(resolved);
      case "object":
        return this.object(resolved);
      default:
        throw new Error(`nothing is known of a value for ${name}: ${JSON.stringify(resolved)}`);
    }
  }

  /** What is required, and some of what is not. */
  object(schema: Schema): Record<string, unknown> {
    const required = new Set((schema["required"] ?? []) as readonly string[]);
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, Schema>>;
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.has(name) || this.#random.below(3) === 0)
        .map(([name, property]) => [name, this.valid(property, name)]),
    );
  }

  /** The same with one thing wrong, somewhere. */
  spoiled(value: unknown): unknown {
    const random = this.#random;
    if (Array.isArray(value) && value.length > 0 && random.below(3) > 0) {
      const at = random.below(value.length);
      return value.map((item, index) => (index === at ? this.spoiled(item) : (item as unknown)));
    }
    if (typeof value !== "object" || value === null || random.below(8) === 0) {
      return random.pick(HOSTILE_VALUES);
    }
    const names = Object.keys(value);
    const name = random.pick(names);
    const kind = random.below(3);
    if (kind === 0 || name === undefined) return { ...value, unknownField: 1 };
    const { [name]: old, ...rest } = value as Record<string, unknown>;
    return kind === 1 ? rest : { ...value, [name]: this.spoiled(old) };
  }

  #integer({ minimum = 0, maximum = 100 }: Schema): number {
    const random = this.#random;
    const [low, high] = [Number(minimum), Number(maximum)];
    const small = low + random.below(Math.min(high - low, 20_000) + 1);
    return random.pick([low, high, small, small, small]) ?? low;
  }

  #string({ pattern, maxLength, minLength }: Schema, name: string): string {
    if (typeof pattern === "string") throw new Error(`nothing is known of ${name}: ${pattern}`);
    const length = Math.max(Number(minLength ?? 0), this.#random.below(12));
    const text = Array.from({ length }, () => this.#random.pick(LETTERS)).join("");
    return text.slice(0, Number(maxLength ?? 12));
  }

  #array({ items, minItems }: Schema): unknown[] {
    const length = Number(minItems ?? 0) + this.#random.below(3);
    return Array.from({ length }, () => this.valid((items ?? {}) as Schema, ""));
  }
}
