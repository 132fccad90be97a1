/**
 * A Worker that calls Edgekeeper through a service binding, as its path says, and whose events end in every way that they can.
 */
import type { Edgekeeper } from "../../../src/worker/embedded.ts";

interface Env {
  readonly EDGEKEEPER: Service<Edgekeeper>;
}

const TTL_MS = 60_000;
const LONG_WAIT_MS = 60_000;

type Ending = (env: Env, path: string) => Promise<unknown>;

const endings: Readonly<Record<string, Ending>> = {
  async disposes(env, path) {
    using lock = await env.EDGEKEEPER.namespace("app").lock(path, { ttlMs: TTL_MS });
    return await lock.token;
  },

  async forgets(env, path) {
    const lock = await env.EDGEKEEPER.namespace("app").lock(path, { ttlMs: TTL_MS });
    return await lock.token;
  },

  async forgetsWhatRenewsItself(env, path) {
    const options = { ttlMs: TTL_MS, autoRenew: true };
    return await env.EDGEKEEPER.namespace("app").lock(path, options).details();
  },

  async throws(env, path) {
    const namespace = env.EDGEKEEPER.namespace("app");
    const lock = await namespace.lock(path, { ttlMs: TTL_MS });
    throw new Error(`holding ${await lock.token}`);
  },

  /** The runtime notices, and cancels the event. */
  async hangs(env, path) {
    const lock = await env.EDGEKEEPER.namespace("app").lock(path, { ttlMs: TTL_MS });
    await new Promise<never>(() => {});
    return await lock.token;
  },

  async throwsWhileWaiting(env, path) {
    const namespace = env.EDGEKEEPER.namespace("app");
    const waiting = namespace.lock(path, { ttlMs: TTL_MS, waitMs: LONG_WAIT_MS });
    waiting.then(
      () => {},
      () => {},
    );
    for (;;) {
      const { waiters } = await namespace.inspectLock(path);
      if (waiters.length > 0) throw new Error("in line");
    }
  },

  /** Holds it by its id alone. */
  async keeps(env, path) {
    return await env.EDGEKEEPER.namespace("app").acquireLock(path, { ttlMs: TTL_MS });
  },
};

const questions: Readonly<Record<string, Ending>> = {
  async inspect(env, path) {
    return await env.EDGEKEEPER.namespace("app").inspectLock(path);
  },

  async errors(env, path) {
    const namespace = env.EDGEKEEPER.namespace("app");
    using held = await namespace.lock(path);
    return {
      token: await held.token,
      noNode: await failure(namespace.getData("/missing")),
      nodeExists: await failure(namespace.create(path)),
      transaction: await failure(
        namespace.transaction([
          { type: "check", path },
          { type: "delete", path: "/missing" },
        ]),
      ),
      notAcquired: await failure(namespace.lock(path, { waitMs: 0, holder: "other" })),
      invalid: await failure(namespace.getData("no path")),
      namespace: await failure(env.EDGEKEEPER.namespace("Not a namespace").getData("/")),
    };
  },
};

async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return "it did not fail";
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { name, message } = error;
    // The stack is not among what is enumerable.
    return { ...Object.fromEntries(Object.entries(error)), name, message };
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const answer = { ...endings, ...questions }[pathname.slice(1)];
    if (answer === undefined) return new Response("no such thing", { status: 404 });
    return Response.json(await answer(env, searchParams.get("path") ?? "/"));
  },
} satisfies ExportedHandler<Env>;
