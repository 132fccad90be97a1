/**
 * Work that goes on in one session after another until it is stopped: what views of the tree and znodes that come back
 * have in common.
 */
import {
  ClientErrorCode,
  ConnectionLossError,
  ErrorCode,
  errorOf,
  type OperationOptions,
  type Session,
  type ZooKeeper,
} from "../client/index.ts";
import { Listeners } from "./listeners.ts";

const RETRY_MS = 1_000;

export type StartOptions = Pick<OperationOptions, "signal" | "timeoutMs">;

export interface FollowerOptions {
  /** Pause after an answer that nothing here can be done about, such as `NoAuthError`. Default: 1,000. */
  readonly retryMs?: number | undefined;
}

export class SessionFollower {
  readonly errors = new Listeners<unknown>();
  /** Told once, when the client has ended first: why. */
  readonly ends = new Listeners<unknown>();
  readonly #zk: ZooKeeper;
  readonly #work: (session: Session) => Promise<void>;
  readonly #retryMs: number;
  readonly #controller = new AbortController();
  #running: Promise<void> | undefined;
  #readiness: "waiting" | "ready" | { readonly error: unknown } = "waiting";
  readonly #readers = new Set<() => void>();

  /** The work is done in a session that is connected, and again in the next one, or when it failed. */
  constructor(
    zk: ZooKeeper,
    work: (session: Session) => Promise<void>,
    { retryMs = RETRY_MS }: FollowerOptions,
  ) {
    this.#zk = zk;
    this.#work = work;
    this.#retryMs = retryMs;
  }

  /** Aborted when the work is to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts, and waits until the work says that it is ready; stops when that fails. */
  async start(options: StartOptions): Promise<void> {
    this.#running ??= this.#follow();
    try {
      await this.#whenReady(options);
    } catch (error) {
      this.#controller.abort();
      throw error;
    }
  }

  /** Told by the work when it has come as far as `start` waits for. */
  ready(): void {
    if (this.#readiness === "waiting") this.#setReadiness("ready");
  }

  /** Stops, and waits until the work has ended. */
  async stop(): Promise<void> {
    this.#controller.abort();
    this.#fail(errorOf(ClientErrorCode.aborted, { message: "closed" }));
    await this.#running;
  }

  async #follow(): Promise<void> {
    while (!this.signal.aborted) {
      let session: Session;
      try {
        session = await this.#zk.whenConnected({ signal: this.signal, timeoutMs: Infinity });
      } catch (error) {
        // The client is closed, or the work is to stop.
        this.#fail(error);
        if (!this.signal.aborted) this.ends.tell(error);
        return;
      }
      try {
        await this.#work(session);
      } catch (error) {
        if (session.signal.aborted || error instanceof ConnectionLossError) continue;
        this.#fail(error);
        if (!this.signal.aborted) this.errors.tell(error);
        await this.#pause();
      }
    }
  }

  /** Nobody has been told that it is ready, so nobody needs to go on. */
  #fail(error: unknown): void {
    if (this.#readiness !== "waiting") return;
    this.#controller.abort();
    this.#setReadiness({ error });
  }

  #setReadiness(readiness: "ready" | { readonly error: unknown }): void {
    this.#readiness = readiness;
    for (const reader of this.#readers) reader();
  }

  #whenReady({ signal, timeoutMs = Infinity }: StartOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const cleanUps: (() => void)[] = [];
      const settle = (): void => {
        const readiness = this.#readiness;
        if (readiness === "waiting" && !signal?.aborted) return;
        for (const cleanUp of cleanUps) cleanUp();
        if (readiness === "ready") resolve();
        else if (readiness !== "waiting") reject(readiness.error);
        else reject(errorOf(ClientErrorCode.aborted, { cause: signal?.reason }));
      };
      this.#readers.add(settle);
      cleanUps.push(() => this.#readers.delete(settle));
      signal?.addEventListener("abort", settle);
      cleanUps.push(() => signal?.removeEventListener("abort", settle));
      if (timeoutMs !== Infinity) {
        const error = errorOf(ErrorCode.operationTimeout, {
          message: `not within ${timeoutMs} ms`,
        });
        cleanUps.push(this.#zk.clock.startTimer(() => this.#fail(error), timeoutMs));
      }
      settle();
    });
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      if (this.signal.aborted) {
        resolve();
        return;
      }
      const end = (): void => {
        stopTimer();
        this.signal.removeEventListener("abort", end);
        resolve();
      };
      const stopTimer = this.#zk.clock.startTimer(end, this.#retryMs);
      this.signal.addEventListener("abort", end);
    });
  }
}
