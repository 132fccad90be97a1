/**
 * The Worker: stateless entry points that find the namespace's object and hand the connection over.
 */
import type { Env } from "../objects/env.ts";
import { handleRequest } from "./routes.ts";
import { serveTCP } from "./tcp-ingress.ts";

export { SubtreeObject } from "../objects/subtree-object.ts";
export { Edgekeeper } from "./rpc/edgekeeper.ts";

export default {
  fetch: handleRequest,
  connect: serveTCP,
} satisfies ExportedHandler<Env>;
