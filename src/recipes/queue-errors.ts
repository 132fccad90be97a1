/**
 * Why a queue does not take an item.
 */

/** The queue has as many items as it may. */
export class QueueFullError extends Error {
  readonly path: string;
  readonly lengthMax: number;

  constructor(path: string, lengthMax: number) {
    super(`the queue has ${lengthMax} items, as many as it may: ${path}`);
    this.name = "QueueFullError";
    this.path = path;
    this.lengthMax = lengthMax;
  }
}

/** The item is larger than the queue or the server takes. */
export class ItemTooLargeError extends Error {
  readonly path: string;
  readonly bytes: number;

  constructor(path: string, bytes: number, cause?: unknown) {
    super(`an item of ${bytes} bytes is too large for the queue: ${path}`, { cause });
    this.name = "ItemTooLargeError";
    this.path = path;
    this.bytes = bytes;
  }
}
