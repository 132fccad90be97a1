/** The OpenAPI document of a server, as far as a fuzzer needs it: operations, with what they take and may answer. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";

export interface Schema {
  readonly [keyword: string]: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly schema: Schema;
}

export interface Body {
  readonly contentType: string;
  readonly required: boolean;
  /** Undefined for bytes. */
  readonly schema: Schema | undefined;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  /** With `{name}` in it. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Body | undefined;
  /** By status, then by content type: whether a value is as documented, or undefined for bytes. */
  readonly responses: ReadonlyMap<number, ReadonlyMap<string, ValidateFunction | undefined>>;
}

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly $ref?: string; readonly content?: Content }>
  >;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

export class APIDocument {
  readonly operations: readonly Operation[];
  readonly #root: Schema;
  readonly #compiled = {
    open: new WeakMap<Schema, ValidateFunction>(),
    closed: new WeakMap<Schema, ValidateFunction>(),
  };
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

  constructor(root: Schema) {
    this.#root = root;
    const { paths } = root as { paths: Record<string, Record<string, Described>> };
    this.operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => this.#read(path, method, described)),
    );
  }

  /** What a reference stands for. */
  resolve(schema: Schema): Schema {
    return typeof schema["$ref"] === "string" ? this.#at(schema["$ref"]) : schema;
  }

  /** What tells whether a value is as a schema says. Objects of answers have no fields but those that are documented. */
  validator(schema: Schema, closed = false): ValidateFunction {
    const compiled = this.#compiled[closed ? "closed" : "open"];
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile(this.#inlined(schema, closed) as object);
    compiled.set(schema, validate);
    return validate;
  }

  #read(path: string, method: string, described: Described): Operation {
    const { operationId, parameters = [], requestBody, responses } = described;
    const [contentType, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
    return {
      id: operationId,
      method: method.toUpperCase(),
      path,
      parameters,
      body:
        contentType === undefined
          ? undefined
          : {
              contentType,
              required: requestBody?.required === true,
              schema: body?.schema && this.resolve(body.schema),
            },
      responses: new Map(
        Object.entries(responses).map(([status, response]) => {
          const { content = {} } = this.resolve(response) as { content?: Content };
          const validators = Object.entries(content).map(
            ([type, { schema }]) => [type, schema && this.validator(schema, true)] as const,
          );
          return [Number(status), new Map(validators)] as const;
        }),
      ),
    };
  }

  #at(reference: string): Schema {
    let found: unknown = this.#root;
    for (const key of reference.replace("#/", "").split("/")) {
      found = (found as Record<string, unknown>)[key];
    }
    if (typeof found !== "object" || found === null) throw new Error(`nothing at ${reference}`);
    return found as Schema;
  }

  /** A copy without references. There are no cycles. */
  #inlined(value: unknown, closed: boolean): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#inlined(item, closed));
    if (typeof value !== "object" || value === null) return value;
    const schema = this.resolve(value as Schema);
    const copy = Object.fromEntries(
      Object.entries(schema).map(([key, inner]) => [key, this.#inlined(inner, closed)]),
    );
    const isOpen = schema["type"] === "object" && schema["properties"] !== undefined;
    return closed && isOpen ? { additionalProperties: false, ...copy } : copy;
  }
}
