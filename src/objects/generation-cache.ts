/**
 * A bounded cache in two generations: what is used moves to the young one; when that is full, the old one is dropped
 * and the young one becomes old. Nearly LRU, at the price of a map lookup. An entry that was just used survives at
 * least one turn of the generations.
 */
interface Entry<V> {
  readonly value: V;
  readonly weight: number;
}

export class GenerationCache<V> {
  readonly #maxWeight: number;
  #young = new Map<string, Entry<V>>();
  #old = new Map<string, Entry<V>>();
  #youngWeight = 0;

  /** Keeps values of up to `maxWeight` in each generation. */
  constructor(maxWeight: number) {
    this.#maxWeight = maxWeight;
  }

  get(key: string): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#insert(key, old);
    return old.value;
  }

  /** Keeps a value that weighs `weight`. One that grew is set again. */
  set(key: string, value: V, weight: number): void {
    this.#insert(key, { value, weight });
  }

  delete(key: string): void {
    const young = this.#young.get(key);
    if (young !== undefined) {
      this.#youngWeight -= young.weight;
      this.#young.delete(key);
    }
    this.#old.delete(key);
  }

  #insert(key: string, entry: Entry<V>): void {
    const previous = this.#young.get(key);
    this.#youngWeight += entry.weight - (previous?.weight ?? 0);
    this.#young.set(key, entry);
    if (this.#youngWeight <= this.#maxWeight) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#youngWeight = 0;
  }
}
