/** Requests to the HTTP API, about a namespace of their own. */
import { SELF } from "cloudflare:test";
import { TestNamespace } from "./namespace.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** What the text says as JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Asking {
  readonly headers?: Readonly<Record<string, string>>;
  /** As it is. */
  readonly body?: string | Uint8Array;
  /** As JSON, with its content type. */
  readonly json?: unknown;
}

export class TestAPI {
  readonly namespace = new TestNamespace();

  /** Asks for something behind `/v1/{namespace}`. */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return answerOf(await this.fetch(method, path, asking));
  }

  fetch(method: string, path: string, { headers, body, json }: Asking = {}): Promise<Response> {
    const isJSON = json !== undefined;
    return SELF.fetch(`http://edgekeeper/v1/${this.namespace.name}${path}`, {
      method,
      headers: { ...(isJSON && { "content-type": "application/json" }), ...headers },
      ...(isJSON ? { body: JSON.stringify(json) } : body !== undefined && { body }),
    });
  }

  /** Creates a znode, with what is missing above. */
  async create(path: string, data = ""): Promise<Answer> {
    return this.ask("PUT", `/znodes${path}?parents=true`, { body: data });
  }
}

export async function answerOf(response: Response): Promise<Answer> {
  const { status, headers } = response;
  // Not text(), which complains about data that is called none.
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return { status, headers, text, json: parse(text) };
}

function parse(text: string): Answer["json"] {
  try {
    return JSON.parse(text) as Answer["json"];
  } catch {
    return {}; // Data of a znode, say.
  }
}

/** The Stat of an answer, in its headers. */
export function statOf({ headers }: Answer): Record<string, number> {
  const fields = (headers.get("edgekeeper-stat") ?? "").split(", ");
  return Object.fromEntries(
    fields.map((field) => {
      const [name = "", value] = field.split("=");
      return [name, Number(value)];
    }),
  );
}
