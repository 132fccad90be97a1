/**
 * A Worker that is bound to Edgekeeper: for each request it acquires a lock over RPC, and releases it.
 */
import type { Edgekeeper } from "../../../src/worker/embedded.ts";

interface Env {
  readonly EDGEKEEPER: Service<Edgekeeper>;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const ttlMs = Number(searchParams.get("ttlMs"));
    using lock = await env.EDGEKEEPER.namespace("bench").lock(pathname, { ttlMs, waitMs: 0 });
    const { token } = await lock.details();
    if (!(await lock.release())) throw new Error("it was not held");
    return new Response(String(token));
  },
} satisfies ExportedHandler<Env>;
