/** The Edgekeeper at the far end of a bridge. */

const explanationTimeoutMs = 5000;

export class Upstream {
  readonly url: string;
  readonly #headers: Record<string, string>;

  constructor(url: string, token: string | undefined) {
    this.url = url;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  connect(): WebSocket {
    // `headers` is Node's addition to the browsers' WebSocket.
    const webSocket = new WebSocket(this.url, { headers: this.#headers });
    webSocket.binaryType = "arraybuffer";
    return webSocket;
  }

  /** Why a connection failed. The WebSocket API does not tell, so the same URL is asked once more, over HTTP. */
  async explainFailure(): Promise<string> {
    const signal = AbortSignal.timeout(explanationTimeoutMs);
    try {
      const url = this.url.replace(/^ws/, "http");
      const response = await fetch(url, { headers: this.#headers, signal, redirect: "manual" });
      const body = await response.text();
      return `it answers ${response.status} ${summarize(body)}`.trimEnd();
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
}

/** Our servers answer `{"error":"…"}`; anything else is shortened to a line. */
function summarize(body: string): string {
  const error = /"error":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  return (error ?? body).replace(/\s+/g, " ").slice(0, 200);
}
