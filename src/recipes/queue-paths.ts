/**
 * Where the parts of a queue are.
 */
export interface QueuePaths {
  readonly entries: string;
  readonly taken: string;
  readonly delayed: string;
  /** Where those wait who found nothing. */
  readonly waiting: string;
}

export function queuePaths(path: string): QueuePaths {
  return {
    entries: `${path}/entries`,
    taken: `${path}/taken`,
    delayed: `${path}/delayed`,
    waiting: `${path}/waiting`,
  };
}
