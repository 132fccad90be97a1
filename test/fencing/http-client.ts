/** A client over HTTP. */
import { setTimeout as delay } from "node:timers/promises";
import { type Client, TTL_MS, type Turn, WAIT_MS } from "./client.ts";

interface Acquired {
  readonly id: string;
  readonly token: number;
  readonly validityMs: number;
}

export class HTTPClient implements Client {
  readonly name: string;
  readonly #base: string;

  constructor(name: string, url: URL) {
    this.name = name;
    this.#base = new URL("/v1/fencing/locks", url).href;
  }

  async take({ lock, pauseMs, dies }: Turn): Promise<boolean> {
    const url = this.#base + lock.pathFor(this.name);
    const askedMs = performance.now();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ttlMs: TTL_MS, waitMs: WAIT_MS, holder: this.name }),
    });
    const answer = await response.json();
    if (response.status === 423) return false;
    if (response.status !== 200) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
    const { id, token, validityMs } = answer as Acquired;
    const holder = lock.enter(this.name, token, () => performance.now() < askedMs + validityMs);
    if (pauseMs > 0) await delay(pauseMs);
    lock.write(holder);
    if (dies) return true;
    lock.leave(holder);
    const released = await fetch(url, { method: "DELETE", headers: { "edgekeeper-lock": id } });
    if (released.status !== 204) throw new Error(`${released.status}: ${await released.text()}`);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // It has nothing but its requests.
  }
}
