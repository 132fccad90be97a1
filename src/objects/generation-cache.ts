/**
 * A bounded cache in two generations: what is used moves to the young one; when that is full, the old one is dropped
 * and the young one becomes old. Nearly LRU, at the price of a map lookup. An entry that was just used survives at
 * least one turn of the generations.
 */

/** What is cached says itself how much memory it takes. It may change while it is cached: see {@link GenerationCache.grow}. */
export interface Weighed {
  readonly weight: number;
}

export class GenerationCache<V extends Weighed> {
  readonly #maxWeight: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();
  #youngWeight = 0;

  /** Keeps values of up to `maxWeight` in each generation. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.#insert(key, old);
    return old;
  }

  /** Adds a value for a key that has none. */
  add(key: string, value: V): void {
    this.#insert(key, value);
  }

  /** Notes that the value that was last got or added weighs more by `weight`, or less. */
  grow(weight: number): void {
    this.#youngWeight += weight;
    this.#turn();
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#youngWeight -= young.weight;
      this.#young.delete(key);
    }
    this.#old.delete(key);
  }

  #insert(key: string, value: V): void {
    this.#young.set(key, value);
    this.#youngWeight += value.weight;
    this.#turn();
  }

  #turn(): void {
    if (this.#youngWeight <= this.#maxWeight) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }
}
