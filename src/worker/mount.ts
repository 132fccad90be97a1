/**
 * Edgekeeper's HTTP and WebSocket endpoints inside another Worker, under a path of its choice.
 */
import { type EdgekeeperEnv, withDefaults } from "../objects/settings.ts";
import { handleRequest } from "./routes.ts";

export interface MountOptions {
  /** The path that stands before Edgekeeper's own: with `/edgekeeper`, `/edgekeeper/v1/app/zk`. Default: none. */
  readonly prefix?: string | undefined;
}

/** Answers a request; 404 what is not below the prefix. */
export async function handleEdgekeeper(
  request: Request,
  env: EdgekeeperEnv,
  context: ExecutionContext,
  { prefix = "" }: MountOptions = {},
): Promise<Response> {
  const url = new URL(request.url);
  if (!url.pathname.startsWith(`${prefix}/`)) {
    return Response.json({ error: `no such path: ${url.pathname}` }, { status: 404 });
  }
  url.pathname = url.pathname.slice(prefix.length);
  const response = await handleRequest(new Request(url, request), withDefaults(env), context);
  const location = response.headers.get("location");
  if (prefix === "" || location === null || !location.startsWith("/")) return response;
  const moved = new Response(response.body, response);
  moved.headers.set("location", prefix + location);
  return moved;
}
