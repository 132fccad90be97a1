/**
 * Something that only holders may use: it remembers the largest fencing token that it has seen and refuses smaller ones, and
 * reports two holders at a time.
 */
import type { Session } from "../../src/client/index.ts";
import type { FaultClient, World } from "./world.ts";

/** What is asked of a handle. */
export interface Holding {
  readonly token: number;
  readonly signal: AbortSignal;
}

export interface FencedResourceOptions {
  /** Exclusive holders at a time. Default: 1. */
  readonly capacity?: number;
  /** Whether later holders have larger tokens. Default: true. */
  readonly isFenced?: boolean;
}

interface User {
  readonly name: string;
  readonly held: Holding;
  readonly session: Session | undefined;
  readonly isShared: boolean;
}

export class FencedResource {
  readonly #world: World;
  readonly #capacity: number;
  readonly #isFenced: boolean;
  readonly #users = new Set<User>();
  /** Exclusive users that there have been. */
  writers = 0;
  /** Of exclusive users. Shared ones come in any order among themselves. */
  #highestToken = 0;

  constructor(world: World, { capacity = 1, isFenced = true }: FencedResourceOptions = {}) {
    this.#world = world;
    this.#capacity = capacity;
    this.#isFenced = isFenced;
  }

  /**
   * Begins to use it; what is returned ends that. Shared users get along with each other, and with no exclusive one.
   */
  enter({ name, zk }: FaultClient, held: Holding, isShared = false): () => void {
    const user: User = { name, held, session: zk.session, isShared };
    this.#world.log(`${name} enters with token ${held.token}`);
    if (!this.#isExcused(user)) {
      this.#checkOthers(user);
      const isLate = isShared ? held.token < this.#highestToken : held.token <= this.#highestToken;
      if (this.#isFenced && isLate) {
        this.#world.report(`${name} got token ${held.token} after ${this.#highestToken}`);
      }
    }
    if (!isShared) {
      this.#highestToken = Math.max(this.#highestToken, held.token);
      this.writers++;
    }
    this.#users.add(user);
    return () => {
      this.#users.delete(user);
      this.#world.log(`${name} leaves${held.signal.aborted ? ", having lost it" : ""}`);
    };
  }

  /** Uses it once, and says whether that was allowed. */
  use({ name, zk }: FaultClient, held: Holding): boolean {
    const isAllowed = !this.#isFenced || held.token >= this.#highestToken;
    if (!isAllowed && !this.#isExcused({ held, session: zk.session })) {
      this.#world.report(`${name} still holds ${held.token}, but ${this.#highestToken} was here`);
    }
    return isAllowed;
  }

  #checkOthers(user: User): void {
    const others = [...this.#users].filter((other) => this.#isInTheWay(user, other));
    const exclusive = others.filter(({ isShared }) => !isShared);
    const isTooMany = exclusive.length >= this.#capacity || others.length > exclusive.length;
    if (!isTooMany) return;
    const names = others.map(({ name, held }) => `${name} (${held.token})`).join(", ");
    this.#world.report(`${user.name} (${user.held.token}) holds it together with ${names}`);
  }

  /** Whether another still holds it, as far as anybody can know. */
  #isInTheWay(user: User, other: User): boolean {
    if (user.isShared && other.isShared) return false;
    return !this.#isExcused(other);
  }

  /** Whether it knows that it holds nothing, or cannot know that its session was ended. */
  #isExcused({ held, session }: Pick<User, "held" | "session">): boolean {
    return held.signal.aborted || (session !== undefined && this.#world.wasKilled(session));
  }
}
