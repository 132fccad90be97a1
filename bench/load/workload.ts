/**
 * What one connection asks for, over and over, and what the answers must be. Both methods run once per operation:
 * they allocate nothing and decode nothing that a comparison of bytes can replace.
 */
export interface Workload {
  /** Size of the largest request frame. */
  readonly frameBytesMax: number;

  /** Writes the frame of the operation with this number (0, 1, 2…) at `at` and returns its size. */
  encode(target: Uint8Array, at: number, xid: number, operation: number): number;

  /** Undefined when the successful reply is exactly what this operation must answer; otherwise what is wrong with it. */
  check(reply: Uint8Array, operation: number): string | undefined;
}
