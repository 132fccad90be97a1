/**
 * A thread that does something all the time, and says what it saw when it is asked. The thread's own module calls
 * {@link answerWith} once it has begun.
 */
import { once } from "node:events";
import { parentPort, Worker } from "node:worker_threads";

export class AskedThread<Result> {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Starts the module at `url`, and waits until it has begun. */
  static async start<Result>(url: URL, workerData: unknown): Promise<AskedThread<Result>> {
    const worker = new Worker(url, { workerData });
    await once(worker, "message");
    return new AskedThread(worker);
  }

  /** Returns what it saw, and lets it start again from nothing. */
  async take(): Promise<Result> {
    const answer = once(this.#worker, "message");
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
    this.#worker.postMessage("take");
    const [result] = (await answer) as [Result];
    return result;
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Says that the thread has begun, and from then on what `take` returns whenever it is asked. */
export function answerWith<Result>(take: () => Result | Promise<Result>): void {
  const answer = async (): Promise<void> => say(await take());
  parentPort?.on("message", () => void answer());
  say("ready");
}

function say(message: unknown): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
  parentPort?.postMessage(message);
}
