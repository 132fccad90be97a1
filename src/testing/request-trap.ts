/**
 * Waits for a message with a certain request, so that a connection can be lost just there.
 */
import { JuteReader } from "../protocol/jute-reader.ts";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import { OpCode } from "../protocol/op-code.ts";
import { readRequestHeader } from "../protocol/records.ts";
import type { LostRequests } from "./endpoint.ts";

/** Operations, by the names that the client has for them; `transaction` is a multi. */
const TYPES = {
  create: [OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL],
  delete: [OpCode.delete],
  exists: [OpCode.exists],
  getData: [OpCode.getData],
  setData: [OpCode.setData],
  getACL: [OpCode.getACL],
  setACL: [OpCode.setACL],
  getChildren: [OpCode.getChildren, OpCode.getChildren2],
  sync: [OpCode.sync],
  transaction: [OpCode.multi],
  multiRead: [OpCode.multiRead],
  watch: [OpCode.addWatch],
  close: [OpCode.closeSession],
} as const;

export type OperationName = keyof typeof TYPES;

export class RequestTrap {
  readonly requests: LostRequests;
  /** Calls back when the trap has sprung, or another took its place. */
  readonly release: () => void;
  readonly #types: ReadonlySet<number>;

  constructor(operation: OperationName, requests: LostRequests, release: () => void) {
    this.requests = requests;
    this.release = release;
    this.#types = new Set(TYPES[operation]);
  }

  /** Whether a message of whole frames has such a request. */
  isFor(bytes: Uint8Array): boolean {
    const frames: Uint8Array[] = [];
    new FrameDecoder().push(bytes, frames);
    return frames.some((frame) => this.#types.has(readRequestHeader(new JuteReader(frame)).type));
  }
}
