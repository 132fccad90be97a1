/**
 * `edgekeeper/worker`: Edgekeeper for a Worker that has it inside itself, and the types for one that calls it through a
 * service binding.
 */
export type { EdgekeeperEnv } from "../objects/settings.ts";
export { SubtreeObject } from "../objects/subtree-object.ts";
export type {
  AcquiredLock,
  CreateMode,
  LockContender,
  LockMode,
  SessionKey,
} from "../services/call.ts";
export { CallErrorCode } from "../services/call.ts";
export type { BindingProps } from "./access/binding.ts";
export { handleEdgekeeper, type MountOptions } from "./mount.ts";
export type { WriteOptions } from "./rpc/call-sender.ts";
export { Edgekeeper, type NamespaceOptions } from "./rpc/edgekeeper.ts";
export {
  type EdgekeeperError,
  type LockNotAcquiredError,
  type RefusedError,
  RPCErrorCode,
} from "./rpc/errors.ts";
export type { LockDetails, LockHandle } from "./rpc/lock-handle.ts";
export type { LockOptions, Namespace } from "./rpc/namespace.ts";
