/**
 * A session for everything around the load: it prepares znodes, verifies and removes them. One promise per request,
 * any number of requests in flight.
 */
import { ErrorCode } from "../src/protocol/error-code.ts";
import { OpCode } from "../src/protocol/op-code.ts";
import type { Stat, WatcherEvent } from "../src/protocol/records.ts";
import type { Request } from "../src/protocol/requests.ts";
import { type Answer, ClientSession, replyOf, type ReplyTo } from "./client-session.ts";
import { connectChannel, SESSION_TIMEOUT_MS } from "./session.ts";
import type { Address, Channel } from "./tcp-channel.ts";
import { OPEN_ACL } from "./znode.ts";

const ANSWER_TIMEOUT_MS = 30_000;

export class ControlClient {
  /** Of the last reply: where in the server's order it belongs. */
  lastZxid = 0;
  /** Learns of every watch that fired. */
  onEvent: (event: WatcherEvent) => void = () => {};
  readonly #session: ClientSession;
  /** Those who wait for an event. */
  #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #watchdog: NodeJS.Timeout | undefined;

  private constructor(session: ClientSession) {
    this.#session = session;
    session.onEvent = (event) => {
      this.onEvent(event);
      for (const { resolve } of this.#waiting.splice(0)) resolve();
    };
    session.onEnd = (reason) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`no event: ${reason}`));
    };
  }

  static async open(
    address: Address,
    timeoutMs: number = SESSION_TIMEOUT_MS,
  ): Promise<ControlClient> {
    return await ControlClient.over(await connectChannel(address), timeoutMs);
  }

  /** Opens a session on a new connection. */
  static async over(channel: Channel, timeoutMs: number): Promise<ControlClient> {
    return new ControlClient(await ClientSession.open(channel, timeoutMs));
  }

  /** Resolves when a watch fires. To be called before the request that sets it. */
  async nextEvent(): Promise<void> {
    return await new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Sends a request; requests of one turn leave in one write. Rejects when the server answers with an error. */
  async request<R extends Request>(request: R): Promise<ReplyTo<R>> {
    return replyOf(request, await this.#ask(request));
  }

  /** Creates a znode. */
  async create(path: string, data: Uint8Array, flags = 0): Promise<void> {
    await this.request({ type: OpCode.create, path, data, acl: OPEN_ACL, flags });
  }

  /** The znode's Stat; undefined when it does not exist. */
  async exists(path: string, watch = false): Promise<Stat | undefined> {
    const request = { type: OpCode.exists, path, watch } as const;
    const answer = await this.#ask(request);
    if (answer.header.err === ErrorCode.noNode) return undefined;
    return replyOf(request, answer).stat;
  }

  async getData(path: string): Promise<{ data: Uint8Array; stat: Stat }> {
    const { data, stat } = await this.request({ type: OpCode.getData, path, watch: false });
    return { data: data ?? new Uint8Array(0), stat };
  }

  async getChildren(path: string): Promise<readonly string[]> {
    const request = { type: OpCode.getChildren, path, watch: false } as const;
    return (await this.request(request)).children;
  }

  async delete(path: string): Promise<void> {
    await this.request({ type: OpCode.delete, path, version: -1 });
  }

  /** Closes the session and waits until the server has closed the connection. */
  async close(): Promise<void> {
    await this.#guard(this.#session.close());
  }

  /** Drops the connection; the session is left to expire. */
  destroy(): void {
    this.#session.destroy();
  }

  async #ask<R extends Request>(request: R): Promise<Answer<R>> {
    const answer = await this.#guard(this.#session.ask(request));
    this.lastZxid = answer.header.zxid;
    return answer;
  }

  /** Drops the connection when nothing is sent for a while, and answers are due. */
  async #guard<Result>(result: Promise<Result>): Promise<Result> {
    this.#watchdog ??= setTimeout(() => this.#session.destroy(), ANSWER_TIMEOUT_MS);
    this.#watchdog.refresh();
    try {
      return await result;
    } finally {
      if (this.#session.inFlight === 0) {
        clearTimeout(this.#watchdog);
        this.#watchdog = undefined;
      }
    }
  }
}
