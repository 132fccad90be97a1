/**
 * A TCP proxy between real clients and a real server that records every frame that passes, under the label that the client announced
 * before it acted. It understands framing, the handshake and xids; nothing else.
 */
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { decode, type JsonObject, type Message, operationName } from "./jute-tables.ts";

const directions = ["request", "reply", "event"] as const;

export interface GoldenEntry {
  readonly name: string;
  readonly op: string;
  readonly direction: (typeof directions)[number];
  readonly from: string;
  /** The payload, without its 4-byte length. */
  readonly hex: string;
  /** `{ header?, body }`, or null where the bytes are not a well-formed message. */
  readonly decoded: JsonObject | null;
}

const host = "127.0.0.1";

export class RecordingProxy implements AsyncDisposable {
  entries: GoldenEntry[] = [];
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #sockets = new Set<Socket>();
  readonly #timesUsed = new Map<string, number>();
  #label: string | undefined;
  #from = "";

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((client) => this.#accept(client));
  }

  static async start(targetPort: number): Promise<RecordingProxy> {
    const proxy = new RecordingProxy(targetPort);
    proxy.#server.listen(0, host);
    await once(proxy.#server, "listening");
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") {
      throw new Error("the proxy does not listen");
    }
    return address.port;
  }

  /** What follows is recorded as `from/label`; nothing is recorded while there is no label. */
  setLabel(from: string, label: string | undefined): void {
    this.#from = from;
    this.#label = label;
  }

  /** Breaks every connection, as a network does; the server keeps the sessions. */
  cut(): void {
    this.#sockets.forEach((socket) => socket.destroy());
  }

  /** Drops what was recorded under a label, as if it had not been used. */
  forget(from: string, label: string): void {
    const base = `${from}/${label}`;
    this.entries = this.entries.filter(({ name }) => name.replace(/#\d+$/, "") !== base);
    directions.forEach((direction) => this.#timesUsed.delete(`${base} ${direction}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    const server = connect({ host, port: this.#targetPort });
    const connection = new Connection((op, direction, payload, message, name) =>
      this.#record(op, direction, payload, message, name),
    );
    this.#forward(client, server, (payload) => connection.fromClient(payload));
    this.#forward(server, client, (payload) => connection.fromServer(payload));
  }

  #forward(source: Socket, target: Socket, onFrame: (payload: Buffer) => void): void {
    let pending = Buffer.alloc(0);
    this.#sockets.add(source);
    source.setNoDelay(true);
    source.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE()) {
        const end = 4 + pending.readInt32BE();
        onFrame(pending.subarray(4, end));
        pending = pending.subarray(end);
      }
      target.write(chunk);
    });
    source.on("end", () => target.end());
    source.on("error", () => target.destroy());
    source.on("close", () => {
      this.#sockets.delete(source);
      target.destroySoon();
    });
  }

  #record(
    op: string,
    direction: GoldenEntry["direction"],
    payload: Buffer,
    message: Message,
    name: string | undefined,
  ): string | undefined {
    const entryName = name ?? this.#newName(direction);
    if (entryName !== undefined) {
      const from = entryName.slice(0, entryName.indexOf("/"));
      const hex = payload.toString("hex");
      this.entries.push({
        name: entryName,
        op,
        direction,
        from,
        hex,
        decoded: decode(message, payload),
      });
    }
    return entryName;
  }

  /** A label is used by several exchanges if the client did more than one thing under it: they get `#2`, `#3`. */
  #newName(direction: GoldenEntry["direction"]): string | undefined {
    if (this.#label === undefined) {
      return undefined;
    }
    const base = `${this.#from}/${this.#label}`;
    const key = `${base} ${direction}`;
    const times = (this.#timesUsed.get(key) ?? 0) + 1;
    this.#timesUsed.set(key, times);
    return times === 1 ? base : `${base}#${times}`;
  }
}

type Recorder = (
  op: string,
  direction: GoldenEntry["direction"],
  payload: Buffer,
  message: Message,
  name: string | undefined,
) => string | undefined;

interface Pending {
  readonly type: number;
  readonly name: string | undefined;
}

class Connection {
  readonly #record: Recorder;
  readonly #pending = new Map<number, Pending[]>();
  #connectName: string | undefined;
  #requested = false;
  #connected = false;

  constructor(record: Recorder) {
    this.#record = record;
  }

  fromClient(payload: Buffer): void {
    if (!this.#requested) {
      this.#requested = true;
      this.#connectName = this.#record(
        "connect",
        "request",
        payload,
        { direction: "connect-request" },
        undefined,
      );
      return;
    }
    const xid = payload.readInt32BE(0);
    const type = payload.readInt32BE(4);
    const name = this.#record(
      operationName(type),
      "request",
      payload,
      { direction: "request" },
      undefined,
    );
    this.#pending.set(xid, [...(this.#pending.get(xid) ?? []), { type, name }]);
  }

  fromServer(payload: Buffer): void {
    if (!this.#connected) {
      this.#connected = true;
      if (this.#connectName !== undefined) {
        this.#record(
          "connect",
          "reply",
          payload,
          { direction: "connect-reply" },
          this.#connectName,
        );
      }
      return;
    }
    const request = this.#pending.get(payload.readInt32BE(0))?.shift();
    if (request === undefined) {
      this.#record("event", "event", payload, { direction: "event" }, undefined);
    } else if (request.name !== undefined) {
      this.#record(
        operationName(request.type),
        "reply",
        payload,
        { direction: "reply", type: request.type },
        request.name,
      );
    }
  }
}
