/**
 * What a create request asks for, which its type and its flags say together (`CreateMode`, `EphemeralType`,
 * `PrepRequestProcessor.pRequest2TxnCreate`, `Op.create`).
 */
import { TTL_MS_MAX } from "../protocol/limits.ts";
import { CreateFlags, OpCode } from "../protocol/op-code.ts";
import type { CreateRequest } from "../protocol/requests.ts";

export interface CreateMode {
  readonly isEphemeral: boolean;
  readonly isSequential: boolean;
  readonly isContainer: boolean;
  /** Milliseconds; 0 for none. */
  readonly ttlMs: number;
}

/** The mode of a request that stands alone; undefined when there is no such mode. */
export function createModeOf(request: CreateRequest): CreateMode | undefined {
  const { type, flags } = request;
  const isTTL = isTTLFlags(flags);
  const ttlMs = request.ttl ?? -1;
  if (isTTL ? ttlMs <= 0 || ttlMs > TTL_MS_MAX : type === OpCode.createTTL || !isKnown(flags)) {
    return undefined;
  }
  // A container is what the type says, whatever the flags; the other way around the flag says nothing.
  const isContainer = type === OpCode.createContainer;
  return {
    isEphemeral: !isContainer && isEphemeralFlags(flags),
    isSequential: isSequential(flags),
    isContainer,
    ttlMs: isTTL ? ttlMs : 0,
  };
}

/**
 * The request that ZooKeeper makes of a create inside a multi, where the flags decide; undefined for a TTL without a
 * number, over which the whole multi is malformed unless it failed before.
 */
export function createInMulti(request: CreateRequest): CreateRequest | undefined {
  const { type, flags } = request;
  if (isTTLFlags(flags)) return type === OpCode.createTTL ? request : undefined;
  const isContainer = flags === CreateFlags.container;
  const wanted = isContainer ? OpCode.createContainer : OpCode.create;
  return type === wanted ? request : { ...request, type: wanted, ttl: undefined };
}

/** Whether a znode created with these flags gets a number behind its name. */
export function isSequential(flags: number): boolean {
  return (
    flags === CreateFlags.persistentSequential ||
    flags === CreateFlags.ephemeralSequential ||
    flags === CreateFlags.persistentSequentialWithTTL
  );
}

function isEphemeralFlags(flags: number): boolean {
  return flags === CreateFlags.ephemeral || flags === CreateFlags.ephemeralSequential;
}

function isTTLFlags(flags: number): boolean {
  return (
    flags === CreateFlags.persistentWithTTL || flags === CreateFlags.persistentSequentialWithTTL
  );
}

function isKnown(flags: number): boolean {
  return flags >= CreateFlags.persistent && flags <= CreateFlags.container;
}
