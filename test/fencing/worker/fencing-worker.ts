/**
 * Takes turns with a lock over RPC, and tells the test what it does. Everything else it hands on to Edgekeeper.
 */
import type { Edgekeeper } from "../../../src/worker/embedded.ts";
import { TTL_MS, WAIT_MS } from "../client.ts";
import type { Report } from "../rpc-client.ts";

interface Env {
  readonly EDGEKEEPER: Service<Edgekeeper>;
  readonly HTTP: Fetcher;
  readonly TEST: Fetcher;
}

interface Asked {
  readonly turn: string;
  readonly path: string;
  readonly pauseMs: number;
  readonly dies: boolean;
}

async function take(env: Env, { turn, path, pauseMs, dies }: Asked): Promise<string> {
  const tell = async (report: Report): Promise<void> => {
    const answer = await env.TEST.fetch("http://test", {
      method: "POST",
      body: JSON.stringify(report),
    });
    await answer.arrayBuffer();
  };
  const options = { ttlMs: TTL_MS, waitMs: WAIT_MS };
  let lock;
  try {
    lock = await env.EDGEKEEPER.namespace("fencing").lock(path, options);
  } catch (error) {
    if (error instanceof Error && error.name === "lockNotAcquired") return "not taken";
    throw error;
  }
  using held = lock;
  const { token, validUntil } = await held.details();
  await tell({ turn, type: "enter", token, validUntil });
  if (pauseMs > 0) await scheduler.wait(pauseMs);
  await tell({ turn, type: "write" });
  await tell({ turn, type: "leave" });
  if (dies) throw new Error("as it was asked to");
  return "taken";
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname !== "/take") return await env.HTTP.fetch(request);
    return new Response(await take(env, await request.json()));
  },
} satisfies ExportedHandler<Env>;
