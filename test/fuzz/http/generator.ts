/** Random requests for an operation: as documented, with one fault that the document forbids, or wild. */
import type { Random } from "../../process/support/random.ts";
import type { Kind } from "./checks.ts";
import type { APIDocument, Operation, Parameter } from "./document.ts";
import type { Pool } from "./pool.ts";
import type { Request } from "./sender.ts";
import { HOSTILE_TEXTS, Values } from "./values.ts";

export interface Generated {
  readonly kind: Kind;
  /** What was done to it. */
  readonly fault: string;
  readonly path: string;
  readonly request: Request;
}

/** A request before it is written down. */
interface Draft {
  method: string;
  path: string;
  namespace: string;
  query: [string, string][];
  headers: Record<string, string>;
  json: unknown;
  body: Uint8Array | undefined;
}

type Fault = (draft: Draft) => Kind | undefined;

export class RequestGenerator {
  readonly #document: APIDocument;
  readonly #pool: Pool;
  readonly #random: Random;
  readonly #values: Values;

  constructor(document: APIDocument, pool: Pool, random: Random) {
    this.#document = document;
    this.#pool = pool;
    this.#random = random;
    this.#values = new Values(document, pool, random);
  }

  generate(operation: Operation): Generated {
    const draft = this.#draft(operation);
    const { path } = draft;
    if (this.#random.below(3) > 0) {
      return { kind: "valid", fault: "none", path, request: written(operation, draft) };
    }
    const faults = this.#faults(operation);
    for (;;) {
      const [fault, spoil] = this.#random.pick(faults) ?? ["none", () => "valid" as const];
      const kind = spoil(draft);
      if (kind !== undefined) return { kind, fault, path, request: written(operation, draft) };
    }
  }

  #draft(operation: Operation): Draft {
    const draft: Draft = {
      method: operation.method,
      path: this.#pool.pathFor(operation),
      namespace: "",
      query: [],
      headers: {},
      json: undefined,
      body: undefined,
    };
    for (const parameter of operation.parameters) {
      const { name, in: where, required, schema } = parameter;
      if (where === "path" && name === "path") continue;
      // Waiting is what makes a read of `since`, and a lock is released more often than broken.
      if (!required && this.#random.below(3) > 0 && name !== "Edgekeeper-Lock") continue;
      if (name === "force" && draft.headers["Edgekeeper-Lock"] !== undefined) continue;
      const value = String(this.#values.valid(schema, name));
      if (where === "path") draft.namespace = value;
      else if (where === "query") draft.query.push([name, value]);
      else draft.headers[name] = value;
    }
    this.#goWhereItIs(draft);
    const { body } = operation;
    if (body?.schema !== undefined) {
      if (body.required || this.#random.below(2) === 0) {
        draft.json = this.#values.valid(body.schema, "");
      }
    } else if (body !== undefined) {
      draft.body = this.#random.pick([Buffer.from("data"), Buffer.alloc(0), Buffer.alloc(5_000)]);
    }
    return draft;
  }

  /** What has been given is used where it was given. */
  #goWhereItIs(draft: Draft): void {
    const { "Edgekeeper-Lock": lock, "Edgekeeper-Claim": claim } = draft.headers;
    const place =
      (lock !== undefined && this.#pool.placeOf("id", lock)) ||
      (claim !== undefined && this.#pool.placeOf("claim", claim));
    if (typeof place === "string") draft.path = place;
  }

  #faults(operation: Operation): readonly (readonly [string, Fault])[] {
    const random = this.#random;
    const hostile = (): string => random.pick(HOSTILE_TEXTS) ?? "";
    const required = operation.parameters.filter((one) => one.required && one.in !== "path");
    const typed = operation.parameters.filter((one) => one.in === "query" && isTyped(one));
    return [
      [
        "unknown parameter",
        (draft) => {
          draft.query.push(["unknown", hostile()]);
          return operation.parameters.some((one) => one.in === "query") || hasPath(operation)
            ? "invalid"
            : "wild";
        },
      ],
      [
        "missing parameter",
        (draft) => {
          const missing = random.pick(required);
          if (missing === undefined) return undefined;
          draft.query = draft.query.filter(([name]) => name !== missing.name);
          delete draft.headers[missing.name];
          return "invalid";
        },
      ],
      [
        "hostile query",
        (draft) => {
          const parameter = random.pick(typed);
          if (parameter === undefined) return undefined;
          const value = hostile();
          draft.query = draft.query.filter(([name]) => name !== parameter.name);
          draft.query.push([parameter.name, value]);
          return this.#isValid(parameter, value) ? "wild" : "invalid";
        },
      ],
      [
        "hostile header",
        (draft) => {
          const parameter = random.pick(operation.parameters.filter((one) => one.in === "header"));
          if (parameter === undefined) return undefined;
          draft.headers[parameter.name] = hostile().replace(/[^\x20-\xff]/g, "");
          return "wild";
        },
      ],
      ["hostile path", (draft) => this.#spoilPath(operation, draft)],
      [
        "hostile namespace",
        (draft) => {
          draft.namespace =
            random.pick(["UPPER", "-", "%00", "a%2Fb", "x".repeat(64), "a b"].map(encodeURI)) ?? "";
          return operation.path.includes("{namespace}") ? "invalid" : undefined;
        },
      ],
      [
        "spoiled JSON",
        (draft) => {
          if (draft.json === undefined) return undefined;
          draft.json = this.#values.spoiled(draft.json);
          const schema = operation.body?.schema ?? {};
          return this.#document.validator(schema)(draft.json) ? "wild" : "invalid";
        },
      ],
      [
        "no JSON",
        (draft) => {
          if (draft.json === undefined) return undefined;
          const text = JSON.stringify(draft.json);
          draft.json = undefined;
          draft.body = random.pick([
            Buffer.from(text.slice(0, random.below(text.length - 1) + 1)),
            Buffer.from(`${text}]`),
            Buffer.from([0x22, 0xff, 0x22]),
            Buffer.alloc(2_000, "["),
          ]);
          return "invalid";
        },
      ],
      [
        "other content type",
        (draft) => {
          if (draft.json === undefined) return undefined;
          draft.headers["Content-Type"] = random.pick(["text/plain", "", "application/xml"]) ?? "";
          return "invalid";
        },
      ],
      [
        "too large",
        (draft) => {
          // Large ones are slow, and all alike.
          if (operation.body === undefined || random.below(20) > 0) return undefined;
          draft.json = undefined;
          draft.body = Buffer.alloc(1_600_000, " ");
          return "invalid";
        },
      ],
    ];
  }

  #spoilPath(operation: Operation, draft: Draft): Kind | undefined {
    if (!hasPath(operation)) return undefined;
    const bad = [
      "a//b",
      "/a",
      "a/",
      "a/../b",
      "a/./b",
      "%2e%2e/b",
      "a%2Fb",
      "%00",
      "%ff",
      "a%",
      "%ef%bf%bf",
      "%ed%a0%80",
    ];
    draft.path = this.#random.pick([...bad, "x".repeat(16_400)]) ?? "";
    return "invalid";
  }

  #isValid({ schema }: Parameter, text: string): boolean {
    const validate = this.#document.validator(schema);
    // As the document has it, a parameter's text is what it stands for.
    return [text, Number(text), text === "true" || text === "false"].some((value) =>
      validate(value),
    );
  }
}

/** Not a free text, which anything may be. */
function isTyped({ schema }: Parameter): boolean {
  return (
    schema["type"] !== "string" || schema["enum"] !== undefined || schema["pattern"] !== undefined
  );
}

function hasPath(operation: Operation): boolean {
  return operation.path.endsWith("/{path}");
}

function written(operation: Operation, draft: Draft): Request {
  const { method, namespace, path, query, headers, json } = draft;
  const target = operation.path.replace("{namespace}", namespace).replace("{path}", () => path);
  const search = query.length === 0 ? "" : `?${new URLSearchParams(query).toString()}`;
  const body = json === undefined ? draft.body : Buffer.from(JSON.stringify(json));
  const contentType =
    operation.body === undefined ? {} : { "Content-Type": operation.body.contentType };
  return { method, target: `${target}${search}`, headers: { ...contentType, ...headers }, body };
}
