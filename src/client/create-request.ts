/**
 * What to ask for to create a znode.
 */
import { CreateFlags, OpCode } from "../protocol/op-code.ts";
import { OPEN_ACL_UNSAFE } from "../protocol/records.ts";
import type { CreateRequest } from "../protocol/request-records.ts";
import type { Data, ZnodeOptions } from "./operation-options.ts";

const encoder = new TextEncoder();

/** @throws TypeError when it is something else, which callers without types may give. */
export function encodeData(data: Data): Uint8Array | null {
  if (typeof data === "string") return encoder.encode(data);
  if (data === null || ArrayBuffer.isView(data)) return data;
  throw new TypeError(`data is a Uint8Array, a string or null, not ${typeof data}`);
}

/**
 * The request, of the type whose reply has a Stat.
 *
 * @throws TypeError when the options contradict each other.
 */
export function encodeCreate(path: string, data: Data, options: ZnodeOptions): CreateRequest {
  const { mode = "persistent", acl = OPEN_ACL_UNSAFE, ttlMs } = options;
  const common = { path, data: encodeData(data), acl };
  if (ttlMs !== undefined) {
    if (mode !== "persistent" && mode !== "persistentSequential") {
      throw new TypeError(`a znode of mode ${mode} has no ttlMs`);
    }
    return { ...common, type: OpCode.createTTL, flags: CreateFlags[`${mode}WithTTL`], ttl: ttlMs };
  }
  const type = mode === "container" ? OpCode.createContainer : OpCode.create2;
  return { ...common, type, flags: CreateFlags[mode] };
}
