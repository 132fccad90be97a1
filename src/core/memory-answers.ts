/**
 * Kept answers in memory.
 */
import { ANSWERS_KEPT_MS, type AnswerStore, type KeptAnswer } from "./idempotency.ts";

export class MemoryAnswers implements AnswerStore {
  /** The oldest first. */
  readonly #answers = new Map<string, { readonly answer: KeptAnswer; readonly keptMs: number }>();

  find(key: string, nowMs: number): KeptAnswer | undefined {
    this.#trim(nowMs);
    return this.#answers.get(key)?.answer;
  }

  keep(key: string, answer: KeptAnswer, nowMs: number): void {
    this.#answers.set(key, { answer, keptMs: nowMs });
  }

  isFull(): boolean {
    return false;
  }

  #trim(nowMs: number): void {
    for (const [key, { keptMs }] of this.#answers) {
      if (keptMs + ANSWERS_KEPT_MS > nowMs) return;
      this.#answers.delete(key);
    }
  }
}
