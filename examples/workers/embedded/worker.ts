/**
 * A Worker with Edgekeeper inside: ZooKeeper clients reach it at /coordination/v1/<namespace>/zk, and its own code without
 * a network.
 */
import { Edgekeeper, type EdgekeeperEnv, handleEdgekeeper, SubtreeObject } from "edgekeeper/worker";

export { Edgekeeper, SubtreeObject };

export default {
  async fetch(request, env, ctx): Promise<Response> {
    if (new URL(request.url).pathname.startsWith("/coordination/")) {
      return await handleEdgekeeper(request, env, ctx, { prefix: "/coordination" });
    }
    using lock = await ctx.exports.Edgekeeper.namespace("app").tryLock("/locks/report");
    if (lock === null) return new Response("somebody else is at it\n", { status: 409 });
    return new Response(`mine, with token ${await lock.token}\n`);
  },
} satisfies ExportedHandler<EdgekeeperEnv>;
