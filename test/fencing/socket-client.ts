/** A client with a session over a WebSocket, as `edgekeeper` opens it, and its recipe. */
import { setTimeout as delay } from "node:timers/promises";
import {
  connect,
  isRetryable,
  isSessionFatal,
  OperationTimeoutError,
  type ZooKeeper,
} from "../../src/client/index.ts";
import { type Held, Lock } from "../../src/recipes/index.ts";
import { FaultyProxy } from "../support/faulty-proxy.ts";
import { type Client, TTL_MS, type Turn, WAIT_MS } from "./client.ts";

export class SocketClient implements Client {
  readonly name: string;
  readonly #zk: ZooKeeper;
  readonly #proxy: FaultyProxy;

  private constructor(name: string, zk: ZooKeeper, proxy: FaultyProxy) {
    this.name = name;
    this.#zk = zk;
    this.#proxy = proxy;
  }

  static async open(name: string, url: URL): Promise<SocketClient> {
    const proxy = await FaultyProxy.start(url.hostname, Number(url.port));
    const zk = await connect(`ws://127.0.0.1:${proxy.port}/v1/fencing`, {
      sessionTimeoutMs: TTL_MS,
    });
    return new SocketClient(name, zk, proxy);
  }

  async take({ lock, pauseMs, dies }: Turn): Promise<boolean> {
    let held: Held;
    try {
      // HTTP locks have names of their own below the root.
      held = await new Lock(this.#zk, lock.pathFor(this.name)).acquire({ timeoutMs: WAIT_MS });
    } catch (error) {
      if (isRetryable(error) || isSessionFatal(error)) return false;
      if (error instanceof OperationTimeoutError) return false;
      throw error;
    }
    const { session, signal } = held;
    const holder = lock.enter(this.name, held.token, () => {
      return !signal.aborted && session.remainingMs > 0;
    });
    if (pauseMs > 0) await this.#fallSilent(pauseMs);
    lock.write(holder);
    lock.leave(holder);
    if (dies) this.#proxy.cut();
    await held.release();
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#zk.close();
    await this.#proxy[Symbol.asyncDispose]();
  }

  /** As a process that stands still: nothing goes out or comes in. */
  async #fallSilent(pauseMs: number): Promise<void> {
    this.#proxy.mode = "silence";
    await delay(pauseMs);
    this.#proxy.mode = "pass";
    // What was swallowed in between is missing in the stream.
    this.#proxy.cut();
  }
}
