/**
 * An operation: where it is, what it takes and gives, and what it does. Routes and the document are both made of these, so neither knows one
 * that the other does not.
 */
import type * as z from "zod/mini";
import type { CallName, Calls } from "../../services/call.ts";
import { readBody } from "./body.ts";
import { paramsOf } from "./parameters.ts";

export type Shape = Readonly<Record<string, z.ZodMiniType>>;
type NoShape = Readonly<Record<string, never>>;
type Parsed<S extends Shape> = z.output<z.ZodMiniObject<S, z.core.$strict>>;

/** What an operation takes as its body. */
export type BodySpec =
  | { readonly kind: "bytes"; readonly description: string }
  | {
      readonly kind: "json";
      readonly schema: z.ZodMiniType;
      /** Without a body it is `{}`. */
      readonly optional?: boolean;
    };

type ParsedBody<B extends BodySpec | undefined> = B extends { readonly kind: "bytes" }
  ? Uint8Array
  : B extends { readonly kind: "json"; readonly schema: infer S extends z.ZodMiniType }
    ? z.output<S>
    : undefined;

export interface ResponseSpec {
  readonly description: string;
  /** By content type; a schema of `components`, or undefined for bytes. */
  readonly content?: Readonly<Record<string, z.ZodMiniType | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Succeeded<N extends CallName> {
  readonly zxid: number;
  readonly value: Calls[N]["gives"];
}

/** What the chain in front of the operations found out about a request. */
export interface Asked {
  readonly request: Request;
  readonly namespace: string;
  /** Of the znode; "" for operations without one. */
  readonly path: string;
  readonly idempotencyKey: string | undefined;
  /**
   * Asks the namespace's object.
   * @throws ProblemError with the status of the error, or the one that `statuses` has for its code.
   */
  readonly perform: <N extends CallName>(
    name: N,
    takes: Calls[N]["takes"],
    statuses?: Readonly<Record<number, number>>,
  ) => Promise<Succeeded<N>>;
}

export interface Input<
  Q extends Shape,
  H extends Shape,
  B extends BodySpec | undefined,
> extends Asked {
  readonly query: Parsed<Q>;
  readonly headers: Parsed<H>;
  readonly body: ParsedBody<B>;
}

export type Method = "GET" | "HEAD" | "PUT" | "POST" | "DELETE";

export interface OperationSpec {
  readonly id: string;
  readonly method: Method;
  /** What stands behind the namespace. */
  readonly resource: string;
  /** Whether the path of a znode follows: of any, of any but the root, or none. */
  readonly target: "znode" | "below root" | "none";
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Takes an idempotency key. */
  readonly writes: boolean;
  readonly query?: Shape;
  readonly headers?: Shape;
  readonly body?: BodySpec;
  readonly responses: Readonly<Record<number, ResponseSpec>>;
  /** Statuses of problems, beside those that every operation may have. */
  readonly problems: readonly number[];
}

export interface Operation {
  readonly spec: OperationSpec;
  readonly serve: (asked: Asked) => Promise<Response>;
}

/** An operation and what serves it, which gets what was validated. */
export function operation<
  const Q extends Shape = NoShape,
  const H extends Shape = NoShape,
  const B extends BodySpec | undefined = undefined,
>(
  spec: Omit<OperationSpec, "query" | "headers" | "body"> & {
    readonly query?: Q;
    readonly headers?: H;
    readonly body?: B;
  },
  serve: (input: Input<Q, H, B>) => Promise<Response>,
): Operation {
  const { body, query, headers, ...rest } = spec;
  const plain: OperationSpec = {
    ...rest,
    ...(query && { query }),
    ...(headers && { headers }),
    ...(body && { body }),
  };
  const params = paramsOf(plain);
  return {
    spec: plain,
    async serve(asked) {
      const parsed = params(asked.request);
      const read = body === undefined ? undefined : await readBody(asked.request, body);
      // What the validators gave is of the type that they stand for.
      return serve({ ...asked, ...parsed, body: read } as Input<Q, H, B>);
    },
  };
}
