/**
 * As much of Redis's protocol as a lock needs: commands out, single values in, answered in their order.
 */
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export type RedisValue = string | number | null;

interface Asked {
  readonly resolve: (value: RedisValue) => void;
  readonly reject: (error: Error) => void;
}

const END = "\r\n";

export class RedisConnection {
  readonly #socket: Socket;
  readonly #asked: Asked[] = [];
  #received = "";

  private constructor(socket: Socket) {
    this.#socket = socket;
    // What locks are made of is ASCII.
    socket.setEncoding("latin1").on("data", (text: string) => this.#receive(text));
    socket.on("close", () => {
      for (const { reject } of this.#asked.splice(0)) reject(new Error("the connection is closed"));
    });
    socket.on("error", () => {
      // "close" follows.
    });
  }

  static async open(host: string, port: number): Promise<RedisConnection> {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, "connect");
    return new RedisConnection(socket);
  }

  async ask(...words: readonly string[]): Promise<RedisValue> {
    const bulks = words.map((word) => `$${word.length}${END}${word}${END}`);
    const answer = new Promise<RedisValue>((resolve, reject) => {
      this.#asked.push({ resolve, reject });
    });
    this.#socket.write(`*${words.length}${END}${bulks.join("")}`, "latin1");
    return await answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    for (;;) {
      const reply = readReply(this.#received);
      if (reply === undefined) return;
      this.#received = this.#received.slice(reply.length);
      const asked = this.#asked.shift();
      if (reply.value instanceof Error) asked?.reject(reply.value);
      else asked?.resolve(reply.value);
    }
  }
}

/** Undefined while a part is missing. */
function readReply(
  text: string,
): { readonly value: RedisValue | Error; readonly length: number } | undefined {
  const end = text.indexOf(END);
  if (end < 0) return undefined;
  const [type, rest, after] = [text.charAt(0), text.slice(1, end), end + END.length];
  switch (type) {
    case "+":
      return { value: rest, length: after };
    case "-":
      return { value: new Error(rest), length: after };
    case ":":
      return { value: Number(rest), length: after };
    case "$": {
      const size = Number(rest);
      if (size < 0) return { value: null, length: after };
      const length = after + size + END.length;
      if (text.length < length) return undefined;
      return { value: text.slice(after, after + size), length };
    }
    default:
      throw new Error(`an answer of type ${type}`);
  }
}
