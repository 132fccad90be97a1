/** What `wrangler types` writes down of a Worker, as far as it is needed here: what `ctx.exports` has. */
import type * as worker from "./worker.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof worker;
    }
  }
}
