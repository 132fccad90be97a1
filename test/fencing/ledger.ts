/**
 * Watches over a lock and what it guards: who uses it when, and whether any of that must not be. It knows nothing of how the
 * lock is made.
 */

/** Somebody who has the lock, as far as they know. */
export interface Holder {
  readonly name: string;
  /** The fencing token. */
  readonly token: number;
  /** Whether the lock is theirs for sure, now. */
  isValid(): boolean;
}

/** Of one lock. */
export class Ledger {
  readonly problems: string[] = [];
  /** How often somebody got the lock. */
  acquisitions = 0;
  /** Writes that the resource took, and those that it refused. */
  accepted = 0;
  refused = 0;
  readonly #inside = new Set<Holder>();
  #highestEntered = 0;
  #highestAccepted = 0;

  /** Somebody has got the lock. */
  enter(holder: Holder): void {
    this.acquisitions += 1;
    // Who hears so late of the lock that it is over may find others there, who came later.
    if (holder.isValid()) this.#checkOthers(holder);
    this.#highestEntered = Math.max(this.#highestEntered, holder.token);
    this.#inside.add(holder);
  }

  /** They asked the resource to take a write. */
  write(holder: Holder, isAccepted: boolean): void {
    if (isAccepted) {
      this.accepted += 1;
      if (holder.token < this.#highestAccepted) {
        this.#report(`took a stale write of ${told(holder)} after ${this.#highestAccepted}`);
      }
      this.#highestAccepted = Math.max(this.#highestAccepted, holder.token);
      return;
    }
    this.refused += 1;
    if (holder.isValid()) this.#report(`refused ${told(holder)}, who holds the lock`);
  }

  /** They are about to release it, or will never do anything with it. */
  leave(holder: Holder): void {
    this.#inside.delete(holder);
  }

  #checkOthers(holder: Holder): void {
    if (holder.token <= this.#highestEntered) {
      this.#report(`${told(holder)} came after ${this.#highestEntered}`);
    }
    for (const other of this.#inside) {
      if (other.isValid()) this.#report(`${told(holder)} together with ${told(other)}`);
    }
  }

  #report(problem: string): void {
    this.problems.push(problem);
  }
}

function told({ name, token }: Holder): string {
  return `${name} (${token})`;
}
