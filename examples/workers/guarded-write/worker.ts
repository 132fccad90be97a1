/**
 * A Worker that writes an invoice while it holds a lock. Whoever loses the lock without knowing it is stopped by the invoice
 * itself: it refuses a token that is older than one it has seen.
 */
import { DurableObject } from "cloudflare:workers";
import type { Edgekeeper } from "edgekeeper/worker";

interface Env {
  readonly EDGEKEEPER: Service<Edgekeeper>;
  readonly INVOICE: DurableObjectNamespace<Invoice>;
}

export class Invoice extends DurableObject {
  /** False when a later holder was here. */
  async write(token: number, text: string): Promise<boolean> {
    const seen = (await this.ctx.storage.get<number>("token")) ?? 0;
    if (token < seen) return false;
    await this.ctx.storage.put({ token, text });
    return true;
  }

  async text(): Promise<string> {
    return (await this.ctx.storage.get<string>("text")) ?? "";
  }
}

export default {
  async fetch(request, env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const by = searchParams.get("by") ?? "nobody";
    const invoice = env.INVOICE.getByName("42");
    const options = { ttlMs: 2_000, waitMs: 10_000, holder: by };
    // One round trip. When this request is over, however it ends, the lock is released.
    using lock = await env.EDGEKEEPER.namespace("app").lock("/locks/invoice-42", options);
    const token = await lock.token;
    const before = await invoice.text();
    await scheduler.wait(Number(searchParams.get("thinksMs") ?? 0));
    const written = await invoice.write(token, `${before}paid by ${by}; `);
    return Response.json({ token, written, text: await invoice.text() });
  },
} satisfies ExportedHandler<Env>;
