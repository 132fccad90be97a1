/**
 * A Worker that runs a case for each request: its name comes as the body, and what went wrong goes back.
 */
import { runCase } from "../suite/run-case.ts";

interface Env {
  readonly SERVER_URL: string;
  /** Fails as the body of a request says. */
  readonly NETWORK: Fetcher;
}

export default {
  async fetch(request: Request, { SERVER_URL, NETWORK }: Env): Promise<Response> {
    const failure = await runCase(await request.text(), {
      url: SERVER_URL,
      fail: async (body) => {
        await NETWORK.fetch("http://network", { method: "POST", body });
      },
    });
    return new Response(failure);
  },
} satisfies ExportedHandler<Env>;
