/** Sends requests as they are, without what `fetch` would correct in them. */
import { Agent, request as httpRequest } from "node:http";
import type { Answer } from "./checks.ts";

export interface Request {
  readonly method: string;
  /** With its query, encoded as it is to be sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** A stream is looked at until its first event, and no answer takes this long. */
const TIMEOUT_MS = 30_000;

export class Sender implements Disposable {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16 });
  readonly #host: string;
  readonly #port: number;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  send({ method, target, headers, body }: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = {
        host: this.#host,
        port: this.#port,
        agent: this.#agent,
        method,
        path: target,
        headers: { ...headers, "content-length": String(body?.length ?? 0) },
        timeout: TIMEOUT_MS,
      };
      const sent = httpRequest(options, (response) => {
        const chunks: Uint8Array[] = [];
        const status = response.statusCode ?? 0;
        const end = (): void =>
          resolve({
            status,
            headers: response.headers as Answer["headers"],
            body: Buffer.concat(chunks),
          });
        const isStream = response.headers["content-type"] === "text/event-stream";
        response.on("data", (chunk: Uint8Array) => {
          chunks.push(chunk);
          if (!isStream || !Buffer.concat(chunks).includes("\n\n")) return;
          end();
          sent.destroy();
        });
        response.on("end", end);
        response.on("error", reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
      sent.on("error", reject);
      sent.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
