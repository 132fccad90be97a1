/**
 * What carries bytes between the client and a server. It knows nothing of ZooKeeper.
 */
export interface TransportListener {
  /** Bytes may be sent from now on. */
  onOpen(): void;
  /** Bytes arrived; frames may be split and merged. The memory is the listener's. */
  onBytes(bytes: Uint8Array): void;
  /** A heartbeat was answered. */
  onHeartbeat(): void;
  /** The connection is gone, or never came about. The last call. */
  onClose(reason: string): void;
}

export interface Transport {
  /** Sends whole frames, each with its length. Only after `onOpen`. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Asks for a sign of life; undefined when a frame has to do that. */
  readonly sendHeartbeat: (() => void) | undefined;
  /** Sends what is left, if that is possible, and ends the connection. `onClose` need not be called. */
  close(): void;
}

/** Begins to open a connection to an address, and calls back later, never at once. May throw the first time only. */
export type OpenTransport = (address: string, listener: TransportListener) => Transport;
