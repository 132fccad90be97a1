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
    const { value } = await ctx.exports.Edgekeeper.namespace("app").addToCounter("/visits", 1);
    return new Response(`visit ${value}\n`);
  },
} satisfies ExportedHandler<EdgekeeperEnv>;
