/** The OpenAPI document, made of the operations and their validators. */
import * as z from "zod/mini";
import { ErrorCode } from "../../protocol/error-code.ts";
import { CallErrorCode } from "../../services/call.ts";
import { VERSION } from "../../objects/version.ts";
import { NAMESPACE } from "./chain.ts";
import { fixedPaths } from "./fixed-paths.ts";
import type { Operation, OperationSpec, ResponseSpec, Shape } from "./operation.ts";
import { headersOf, IDEMPOTENCY_KEY } from "./parameters.ts";
import { STATUS_OF_CODE, STATUS_OF_NAME, TITLES } from "./problem.ts";
import { components, Problem } from "./schemas.ts";

export interface OpenAPIDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JSONSchema>>;
    readonly responses: Readonly<Record<string, ResponseObject>>;
    readonly securitySchemes: Readonly<Record<string, unknown>>;
  };
  readonly "x-errors": readonly ErrorEntry[];
  readonly [member: string]: unknown;
}

export interface OperationObject {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: {
    readonly description?: string;
    readonly required: boolean;
    readonly content: Content;
  };
  readonly responses: Readonly<Record<string, ResponseObject | Reference>>;
}

export interface ParameterObject {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JSONSchema;
}

export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<
    Record<string, { readonly description: string; readonly schema: JSONSchema }>
  >;
  readonly content?: Content;
}

export interface Reference {
  readonly $ref: string;
}

export interface JSONSchema {
  readonly [keyword: string]: unknown;
}

type Content = Readonly<Record<string, { readonly schema?: JSONSchema }>>;

export interface ErrorEntry {
  readonly name: string;
  readonly code?: number;
  readonly status: number;
}

/** What any operation may answer with. */
const COMMON_PROBLEMS = [400, 401, 403, 413, 414, 429, 503];

let made: OpenAPIDocument | undefined;

/** Made when somebody asks for it: a Worker starts without. */
export function documentOf(operations: readonly Operation[]): OpenAPIDocument {
  made ??= make(operations);
  return made;
}

function make(operations: readonly Operation[]): OpenAPIDocument {
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const { spec } of operations) {
    const suffix = spec.target === "none" ? "" : "/{path}";
    const path = `/v1/{namespace}/${spec.resource}${suffix}`;
    (paths[path] ??= {})[spec.method.toLowerCase()] = operationObject(spec);
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Edgekeeper",
      version: VERSION,
      description:
        "ZooKeeper over HTTP: znodes, watches, sessions, locks, counters, barriers and queues. The same tree that ZooKeeper clients see, request by request, without a connection.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    } as OpenAPIDocument["info"],
    servers: [{ url: "/" }],
    security: [{ bearer: [] }, {}],
    tags: [...new Set(operations.map(({ spec }) => spec.tag)), "Server"].map((name) => ({ name })),
    paths: { ...paths, ...fixedPaths(problemReference) },
    components: {
      schemas: componentSchemas(),
      responses: problemResponses(),
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description:
            "`Authorization: Bearer <token>`. An open server (`npm start`) asks for none.",
        },
      },
    },
    "x-errors": errorEntries(),
  };
}

function operationObject(spec: OperationSpec): OperationObject {
  const { id, tag, summary, description, body } = spec;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    parameters: parameters(spec),
    ...(body && { requestBody: requestBody(body) }),
    responses: responses(spec),
  };
}

function parameters(spec: OperationSpec): ParameterObject[] {
  return [
    {
      name: "namespace",
      in: "path",
      required: true,
      description: "A tree of its own.",
      schema: { type: "string", pattern: NAMESPACE.source },
    },
    ...(spec.target === "none" ? [] : [PATH_PARAMETER]),
    ...shapeParameters("query", spec.query ?? {}),
    ...shapeParameters("header", headersOf(spec)),
  ];
}

const PATH_PARAMETER: ParameterObject = {
  name: "path",
  in: "path",
  required: true,
  description:
    "Path of a znode without its first slash. Its other slashes stay as they are, not `%2F`: a generated client must be told so. Empty for the root.",
  schema: { type: "string" },
};

function shapeParameters(where: "query" | "header", shape: Shape): ParameterObject[] {
  return Object.entries(shape).map(([name, schema]) => {
    const description = name === IDEMPOTENCY_KEY ? IDEMPOTENCY_TEXT : textOf(schema);
    const { description: _, ...rest } = jsonSchema(schema);
    return {
      name: where === "header" ? headerCase(name) : name,
      in: where,
      required: !z.safeParse(schema, undefined).success,
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

const IDEMPOTENCY_TEXT =
  "A key of the caller's choice for this one request. Sent again with the same key, it is not done again, and gets the first answer.";

function requestBody(
  body: NonNullable<OperationSpec["body"]>,
): NonNullable<OperationObject["requestBody"]> {
  if (body.kind === "bytes") {
    const content = { "application/octet-stream": {} };
    return { description: body.description, required: false, content };
  }
  const content = { "application/json": { schema: reference(body.schema) } };
  return { required: body.optional !== true, content };
}

function responses(spec: OperationSpec): OperationObject["responses"] {
  const statuses = new Set([...COMMON_PROBLEMS, ...spec.problems, ...(spec.writes ? [422] : [])]);
  const all: Record<string, ResponseObject | Reference> = {};
  for (const status of statuses) all[status] = problemReference(status);
  for (const [status, response] of Object.entries(spec.responses)) {
    all[status] = responseObject(response);
  }
  return all;
}

function responseObject({ description, headers, content }: ResponseSpec): ResponseObject {
  return {
    description,
    ...(headers && {
      headers: mapValues(headers, (text) => ({ description: text, schema: { type: "string" } })),
    }),
    ...(content && {
      content: mapValues(content, (schema) => (schema ? { schema: reference(schema) } : {})),
    }),
  };
}

function problemResponses(): Record<string, ResponseObject> {
  const content = { "application/problem+json": { schema: reference(Problem) } };
  return Object.fromEntries(
    Object.entries(TITLES).map(([status, title]) => [
      `Problem${status}`,
      { description: `${title}.`, content },
    ]),
  );
}

function problemReference(status: number): Reference {
  return { $ref: `#/components/responses/Problem${status}` };
}

function errorEntries(): ErrorEntry[] {
  const ofZooKeeper = Object.entries(ErrorCode).map(
    ([name, code]) => [name.charAt(0).toUpperCase() + name.slice(1), code] as const,
  );
  const entries = [...ofZooKeeper, ...Object.entries(CallErrorCode)].map(([name, code]) => ({
    name,
    code,
    status: STATUS_OF_CODE.get(code) ?? 500,
  }));
  const own = Object.entries(STATUS_OF_NAME).map(([name, status]) => ({ name, status }));
  return [...entries.filter(({ status }) => status !== 500), ...own];
}

/** The components' schemas, which refer to each other. */
function componentSchemas(): Record<string, JSONSchema> {
  const { schemas } = z.toJSONSchema(components, { uri: schemaURI, io: "input" });
  return mapValues(
    schemas as Record<string, JSONSchema>,
    ({ $schema: _schema, $id: _id, ...rest }) => rest,
  );
}

/** Where a schema stands among the components. */
function reference(schema: z.core.$ZodType): JSONSchema {
  const id = components.get(schema)?.id;
  if (id === undefined) throw new TypeError("a schema of the document has no name");
  return { $ref: schemaURI(id) };
}

function schemaURI(id: string): string {
  return `#/components/schemas/${id}`;
}

function jsonSchema(schema: z.core.$ZodType): JSONSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" }) as JSONSchema;
  return rest;
}

/** What is said of a schema, or of the one inside it. */
function textOf(schema: z.core.$ZodType): string | undefined {
  const own = z.globalRegistry.get(schema)?.description;
  if (own !== undefined) return own;
  const { def } = schema._zod;
  return "innerType" in def ? textOf(def.innerType as z.core.$ZodType) : undefined;
}

function headerCase(name: string): string {
  if (name === "edgekeeper-acl") return "Edgekeeper-ACL";
  if (name === "last-event-id") return "Last-Event-ID";
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function mapValues<V, W>(
  record: Readonly<Record<string, V>>,
  map: (value: V) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
