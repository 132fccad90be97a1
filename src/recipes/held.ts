/**
 * What is held: a handle that tells when it is lost, guards writes, and gives it back.
 */
import type { CheckOp, Session, StateChange, ZooKeeper } from "../client/index.ts";
import type { Contender } from "./contender.ts";

/** Something is not held any more, though the session lives: it was given back, or its znode was deleted. */
export class NotHeldError extends Error {
  constructor(path: string, message: string) {
    super(`${message}: ${path}`);
    this.name = "NotHeldError";
  }
}

/** A handle on something that is held. Leaving its `await using` block releases it. */
export interface Held extends AsyncDisposable {
  /** The znode that holds it. */
  readonly path: string;
  /**
   * The fencing token: the znode's czxid. Who holds later has the larger one, so a resource that remembers the
   * largest it has seen can refuse whoever comes too late. An exact integer while czxids are below 2^53.
   */
  readonly token: number;
  /** The session that holds it: an operation that is given it is refused in any other. */
  readonly session: Session;
  /**
   * Aborted when it is lost or may be: when the session is lost, which the client says before the server can
   * give it to another. Also when it is released. The reason is the error.
   */
  readonly signal: AbortSignal;
  /** A check for a transaction, which then happens only while it is held. */
  check(): CheckOp;
  /**
   * Gives it back. Resolves when others can have it: with the deletion of its znode, which is asked for again
   * while connections are lost, or with the end of the session. Never rejects because it was lost before.
   */
  release(): Promise<void>;
}

export interface HoldOptions {
  /**
   * Whether `signal` is aborted as soon as the client is suspended, for work that must not go on while nobody
   * knows. By default it goes on until the session's deadline, before which no server can give to others what
   * is held. It must be released nevertheless.
   */
  readonly abortWhenSuspended?: boolean | undefined;
}

/** Holds with a contender's znode. */
export class ZnodeHeld implements Held {
  readonly path: string;
  readonly token: number;
  readonly #contender: Contender;
  /** Made when somebody asks for the signal. */
  #controller: AbortController | undefined;
  /** Makes the error that says why it is not held any more; undefined while it is. */
  #reason: (() => unknown) | undefined;
  readonly #cleanUps: (() => void)[] = [];
  #releasing: Promise<void> | undefined;

  constructor(
    zk: ZooKeeper,
    contender: Contender,
    { abortWhenSuspended = false }: HoldOptions,
    token = contender.czxid,
  ) {
    this.path = contender.path;
    this.token = token;
    this.#contender = contender;
    const { signal } = contender.session;
    const onLost = (): void => this.lose(signal.reason);
    signal.addEventListener("abort", onLost);
    this.#cleanUps.push(() => signal.removeEventListener("abort", onLost));
    if (signal.aborted) onLost();
    if (!abortWhenSuspended) return;
    const onState = ({ state, cause }: StateChange): void => {
      if (state === "suspended") this.lose(cause);
    };
    this.#cleanUps.push(zk.on("state", onState));
    if (zk.state === "suspended") this.lose(new NotHeldError(this.path, "suspended"));
  }

  get session(): Session {
    return this.#contender.session;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#reason !== undefined) this.#controller.abort(this.#reason());
    }
    return this.#controller.signal;
  }

  check(): CheckOp {
    // No other znode ever has this name, whatever its version.
    return { type: "check", path: this.path, version: -1 };
  }

  /** It is not held any more. */
  lose(reason: unknown): void {
    this.#end(() => reason);
  }

  release(): Promise<void> {
    this.#end(() => new NotHeldError(this.path, "released"));
    this.#releasing ??= this.#contender.leave();
    return this.#releasing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #end(reason: () => unknown): void {
    for (const cleanUp of this.#cleanUps.splice(0)) cleanUp();
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller?.abort(reason());
  }
}

/**
 * Does something while it is held, and releases it.
 *
 * @throws what `use` throws; the reason of the signal when it was lost meanwhile, since then others may have
 * been at it, too.
 */
export async function useHeld<H extends Pick<Held, "signal" | "release">, T>(
  held: H,
  use: (held: H) => T | Promise<T>,
): Promise<T> {
  try {
    const result = await use(held);
    if (held.signal.aborted) throw held.signal.reason;
    return result;
  } finally {
    await held.release();
  }
}
