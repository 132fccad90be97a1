/**
 * The Worker as it is, around whose object every invocation of a handler says so on the console. A line on the console
 * is all: nothing that could keep the object awake, and nothing that an object which forgets could lose.
 */
import { SubtreeObject as Uncounted } from "../../../../src/objects/subtree-object.ts";
import type { Env } from "../../../../src/objects/env.ts";
import app from "../../../../src/worker/index.ts";
import { multiplex } from "./multiplexer.ts";

const MULTIPLEXER = /^\/bench\/multiplex\/([^/]+)$/;

export default {
  ...app,
  fetch: (request, env, context) => {
    const [, namespace] = MULTIPLEXER.exec(new URL(request.url).pathname) ?? [];
    if (namespace !== undefined) return multiplex(namespace, env);
    return app.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;

export class SubtreeObject extends Uncounted {
  readonly #namespace: string;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#namespace = ctx.id.name ?? "";
    this.#say("constructor");
  }

  override fetch(request: Request): Response {
    this.#say("fetch");
    return super.fetch(request);
  }

  override connect(socket: Socket): Promise<void> {
    this.#say("connect");
    return super.connect(socket);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#say("webSocketMessage");
    super.webSocketMessage(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#say("webSocketClose");
    super.webSocketClose(socket, code, reason);
  }

  override webSocketError(socket: WebSocket): void {
    this.#say("webSocketError");
    super.webSocketError(socket);
  }

  override alarm(): void {
    this.#say("alarm");
    super.alarm();
  }

  override health(): void {
    this.#say("health");
    super.health();
  }

  override counters(): ReturnType<Uncounted["counters"]> {
    this.#say("counters");
    return super.counters();
  }

  #say(handler: string): void {
    // oxlint-disable-next-line no-console -- The console is the counter.
    console.log(`invocation ${this.#namespace} ${handler}`);
  }
}
