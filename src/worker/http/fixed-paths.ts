/** What is served beside the operations, for the document: these routes have no parameters worth a validator. */
import type { OpenAPIDocument, OperationObject, Reference } from "./openapi.ts";

const NAMESPACE_PARAMETER = {
  name: "namespace",
  in: "path",
  required: true,
  schema: { type: "string" },
} as const;

const anything = { content: { "application/json": { schema: { type: "object" } } } };

export function fixedPaths(problem: (status: number) => Reference): OpenAPIDocument["paths"] {
  const refused = { 401: problem(401), 403: problem(403), 429: problem(429), 503: problem(503) };
  return {
    "/health": {
      get: server("health", "See whether requests are served", {
        responses: { 200: { description: "They are.", ...anything }, 503: problem(503) },
      }),
    },
    "/v1/{namespace}/zk": {
      get: server("connect", "Upgrade to a WebSocket that carries ZooKeeper's frames", {
        parameters: [NAMESPACE_PARAMETER],
        responses: {
          101: { description: "Frames, from here on." },
          400: problem(400),
          426: problem(426),
          ...refused,
        },
      }),
    },
    "/v1/{namespace}/counters": {
      get: server("meters", "What the namespace's object counted since it was started", {
        parameters: [NAMESPACE_PARAMETER],
        responses: { 200: { description: "Counts.", ...anything }, 400: problem(400), ...refused },
      }),
    },
    "/v1/{namespace}/commands": {
      get: server("commands", "The AdminServer's commands, each at `/commands/{name}`", {
        parameters: [NAMESPACE_PARAMETER],
        responses: {
          200: { description: "A page with a link for each.", content: { "text/html": {} } },
          400: problem(400),
          ...refused,
        },
      }),
    },
  };
}

function server(
  operationId: string,
  summary: string,
  more: Partial<OperationObject> & Pick<OperationObject, "responses">,
): OperationObject {
  return { operationId, tags: ["Server"], summary, ...more };
}
