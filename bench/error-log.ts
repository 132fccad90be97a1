/** Counts what went wrong and keeps the first few messages. */
const EXAMPLES_MAX = 5;

export class ErrorLog {
  count = 0;
  readonly examples: string[] = [];

  add(message: string, count = 1): void {
    this.count += count;
    if (this.examples.length < EXAMPLES_MAX) this.examples.push(message);
  }
}
