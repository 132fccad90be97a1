/**
 * What carries bytes to a client and back. The rest of the object does not know which kind it is.
 */
export interface Transport {
  /** Whether a client can be made to wait before it sends more. */
  readonly canWait: boolean;
  /** Bytes that were sent and have not left yet. */
  readonly pendingBytes: number;
  /** Sends bytes, behind all that were sent before. They leave when everything written before is durable. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Disconnects once everything sent has left. */
  close(code?: number): void;
  /** Disconnects at once. */
  abort(): void;
}
