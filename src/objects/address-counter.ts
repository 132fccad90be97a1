/**
 * How many connections there are from each address (`NIOServerCnxnFactory`, maxClientCnxns).
 */
import { UNKNOWN_ADDRESS } from "./env.ts";

export class AddressCounter {
  readonly #counts = new Map<string, number>();

  /** Connections from an address. One that nobody vouches for stands for any number of clients, and counts as none. */
  countOf(address: string): number {
    return address === UNKNOWN_ADDRESS ? 0 : (this.#counts.get(address) ?? 0);
  }

  add(address: string): void {
    this.#counts.set(address, (this.#counts.get(address) ?? 0) + 1);
  }

  remove(address: string): void {
    const count = this.#counts.get(address) ?? 0;
    if (count > 1) this.#counts.set(address, count - 1);
    else this.#counts.delete(address);
  }
}
