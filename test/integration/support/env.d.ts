/** The bindings of wrangler.toml, as `env` of "cloudflare:test" has them. */
import type { Env as Bindings } from "../../../src/objects/env.ts";

declare global {
  namespace Cloudflare {
    interface Env extends Bindings {}
  }
}
