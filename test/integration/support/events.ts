/** Reads a stream of server-sent events, as an EventSource would. */
export interface ServerSentEvent {
  readonly id: string | undefined;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #text = "";
  /** Comments that came: heartbeats. */
  comments = 0;

  constructor(response: Response) {
    if (response.body === null) throw new Error("a response without a body");
    this.#reader = response.body.getReader();
  }

  /** The next event; undefined when the stream has ended. */
  async next(): Promise<ServerSentEvent | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        const event = this.#read(block);
        if (event !== undefined) return event;
      } else {
        const { done, value } = await this.#reader.read();
        if (done) return undefined;
        this.#text += this.#decoder.decode(value, { stream: true });
      }
    }
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }

  #read(block: string): ServerSentEvent | undefined {
    const fields = new Map<string, string>();
    for (const line of block.split("\n")) {
      if (line.startsWith(":")) this.comments += 1;
      const [, name = "", value = ""] = /^(\w+): (.*)$/.exec(line) ?? [];
      fields.set(name, value);
    }
    const data = fields.get("data");
    if (data === undefined) return undefined;
    return {
      id: fields.get("id"),
      type: fields.get("event") ?? "message",
      data: JSON.parse(data) as ServerSentEvent["data"],
    };
  }
}
