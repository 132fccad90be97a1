/**
 * Which znodes a request looks at, as far as its own words tell: what a store can read before it is asked.
 */
import { OpCode } from "../protocol/op-code.ts";
import type { MultiOp, Request } from "../protocol/requests.ts";
import { isSequential } from "./create-mode.ts";
import { parentPath, ROOT } from "./path.ts";

/** Appends the paths to `paths`; some may be there twice, or name nothing. */
export function addTouchedPaths(request: Request, paths: string[]): void {
  switch (request.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.setData:
      addPathsOfOp(request, paths);
      break;
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
    case OpCode.getACL:
    case OpCode.setACL:
      paths.push(request.path === "" ? ROOT : request.path);
      break;
    case OpCode.multi:
      for (const op of request.ops) addPathsOfOp(op, paths);
      break;
    case OpCode.multiRead:
      for (const { path } of request.ops) paths.push(path === "" ? ROOT : path);
      break;
    case OpCode.setWatches:
    case OpCode.setWatches2:
      // One by one: there may be more of them than a call takes arguments.
      for (const path of request.dataWatches) paths.push(path);
      for (const path of request.existWatches) paths.push(path);
      for (const path of request.childWatches) paths.push(path);
      break;
    default: // No other names a znode whose row it needs.
  }
}

function addPathsOfOp(op: MultiOp, paths: string[]): void {
  const { type, path } = op;
  const isCreate = "flags" in op;
  // The number behind a sequential znode's name is not known yet.
  if (!isCreate || !isSequential(op.flags)) paths.push(path);
  if (!isCreate && type !== OpCode.delete) return;
  const parent = parentPath(path);
  if (parent !== undefined) paths.push(parent);
}
