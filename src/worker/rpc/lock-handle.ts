/**
 * A lock that is held for a caller over RPC. It is released when the caller disposes of it, or when the caller's event is
 * over, however it ended; and if even that is not noticed, its ttl ends it.
 */
import { RpcTarget } from "cloudflare:workers";
import { type AcquiredLock, CallErrorCode } from "../../services/call.ts";
import type { BegunCall, CallSender } from "./call-sender.ts";
import { EdgekeeperError } from "./errors.ts";

export interface LockDetails {
  /** Opaque, for `renewLock` and `releaseLock`. Whoever has it can do that. */
  readonly id: string;
  readonly path: string;
  /** The fencing token: larger for every later holder. */
  readonly token: number;
  readonly ttlMs: number;
  /** Until then it is held at least, in milliseconds since 1970 by this Worker's clock. */
  readonly validUntil: number;
}

/** Parts of the ttl after which a lock that renews itself does so: two may fail. */
const RENEWALS_PER_TTL = 3;

export class LockHandle extends RpcTarget {
  readonly #sender: CallSender;
  readonly #begun: BegunCall;
  #lock: AcquiredLock;
  #validUntil: number;
  #isOver = false;
  #isReleased = false;
  #timer: number | null = null;

  constructor(
    sender: CallSender,
    held: { readonly lock: AcquiredLock; readonly begun: BegunCall; readonly askedMs: number },
    { autoRenew }: { readonly autoRenew: boolean },
  ) {
    super();
    this.#sender = sender;
    this.#begun = held.begun;
    this.#lock = held.lock;
    this.#validUntil = held.askedMs + held.lock.validityMs;
    if (autoRenew) this.#scheduleRenewal();
  }

  get id(): string {
    return this.#lock.id;
  }

  get path(): string {
    return this.#lock.path;
  }

  get token(): number {
    return this.#lock.token;
  }

  get ttlMs(): number {
    return this.#lock.ttlMs;
  }

  get validUntil(): number {
    return this.#validUntil;
  }

  /** All of it in one round trip. */
  details(): LockDetails {
    const { id, path, token, ttlMs } = this.#lock;
    return { id, path, token, ttlMs, validUntil: this.#validUntil };
  }

  /**
   * Whether it is held for sure. What is written under it needs its token all the same: it may end between this answer
   * and the write.
   */
  valid(): boolean {
    return !this.#isOver && Date.now() < this.#validUntil;
  }

  /** Holds it for another ttl from now, or for a new one. @throws EdgekeeperError `notHeld` when it is not held any more. */
  async renew({ ttlMs }: { readonly ttlMs?: number | undefined } = {}): Promise<LockDetails> {
    const askedMs = Date.now();
    try {
      const { lock } = await this.#sender.perform({ name: "renewLock", lock: this.id, ttlMs });
      this.#lock = lock;
      this.#validUntil = askedMs + lock.validityMs;
      return this.details();
    } catch (error) {
      if (isNotHeld(error)) this.#end();
      throw error;
    }
  }

  /** Whether it was held until now. */
  async release(): Promise<boolean> {
    this.#isReleased = true;
    this.#end();
    try {
      const result = await this.#begun.guard.release();
      return (
        result !== undefined && result.ok && "released" in result.value && result.value.released
      );
    } catch {
      // The object has started over, and does not know of our call any more. It knows of the lock.
      return (await this.#sender.perform({ name: "releaseLock", lock: this.id })).released;
    }
  }

  [Symbol.dispose](): void {
    // The object's guard would be enough, unless the object has started over. Cut short, it is what releases.
    if (!this.#isReleased) this.#sender.waitUntil(this.#releaseAtLast());
    this.#end();
  }

  async #releaseAtLast(): Promise<void> {
    try {
      await this.release();
    } catch (error) {
      // Nobody is there any more to be told: its ttl ends it.
      console.error("cannot release:", error);
    } finally {
      this.#begun[Symbol.dispose]();
    }
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  /** The timer lives as long as the caller's event does: who is gone renews nothing. */
  #scheduleRenewal(): void {
    this.#timer = setTimeout(() => {
      void this.#renewAgain();
    }, this.#lock.ttlMs / RENEWALS_PER_TTL);
  }

  async #renewAgain(): Promise<void> {
    try {
      await this.renew();
    } catch (error) {
      // Unless it is over, the next one may succeed; `validUntil` tells how it stands.
      if (!this.#isOver) console.error("cannot renew:", error);
    }
    if (!this.#isOver) this.#scheduleRenewal();
  }
}

function isNotHeld(error: unknown): boolean {
  return error instanceof EdgekeeperError && error.code === CallErrorCode.notHeld;
}
