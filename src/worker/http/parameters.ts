/** Query parameters and headers: text that becomes what a schema says, or a problem that names it. */
import * as z from "zod/mini";
import type { OperationSpec, Shape } from "./operation.ts";
import { type FieldError, invalid } from "./problem.ts";

interface Params {
  readonly query: unknown;
  readonly headers: unknown;
}

export const IDEMPOTENCY_KEY = "idempotency-key";

/** Of every write. */
export const idempotencyKey = () => z.optional(z.string().check(z.regex(/^[\x21-\x7e]{1,128}$/)));

/** The headers that an operation takes. */
export function headersOf({ headers = {}, writes }: OperationSpec): Shape {
  return writes ? { ...headers, [IDEMPOTENCY_KEY]: idempotencyKey() } : headers;
}

/** What reads the parameters of an operation. */
export function paramsOf(spec: OperationSpec): (request: Request) => Params {
  const query = z.strictObject(spec.query ?? {});
  const headerShape = headersOf(spec);
  const headers = z.object(headerShape);
  const names = Object.keys(headerShape);
  return (request) => {
    const given = queryOf(request.url, query);
    const sent: Record<string, string> = {};
    for (const name of names) {
      const value = request.headers.get(name);
      if (value !== null) sent[name] = value;
    }
    const readQuery = z.safeParse(query, given);
    const readHeaders = z.safeParse(headers, sent);
    if (readQuery.success && readHeaders.success) {
      return { query: readQuery.data, headers: readHeaders.data };
    }
    throw invalid(
      ...fieldErrors("query", readQuery.error?.issues),
      ...fieldErrors("header", readHeaders.error?.issues),
    );
  };
}

export function fieldErrors(
  where: FieldError["in"],
  issues: readonly z.core.$ZodIssue[] = [],
): FieldError[] {
  return issues.map((issue) => {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
    const name = [...issue.path, ...keys.slice(0, 1)].map(String).join(".");
    return { in: where, name, message: issue.message };
  });
}

function queryOf(url: string, schema: z.ZodMiniObject): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  const mark = url.indexOf("?");
  if (mark < 0) return given;
  for (const [name, text] of new URLSearchParams(url.slice(mark).replace(/#.*/s, ""))) {
    if (Object.hasOwn(given, name)) {
      throw invalid({ in: "query", name, message: "it is there twice" });
    }
    given[name] = valueOf(text, schema.shape[name]);
  }
  return given;
}

/** What a text stands for; the text itself, for the schema to refuse, where it stands for nothing. */
function valueOf(text: string, schema: z.core.SomeType | undefined): unknown {
  const def = schema?._zod.def;
  if (def === undefined) return text;
  if ("innerType" in def) return valueOf(text, def.innerType as z.core.SomeType);
  if (def.type === "number") return /^-?\d{1,16}$/.test(text) ? Number(text) : text;
  if (def.type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return text;
}
