/**
 * The names under which ZooKeeper shows the last operation of a connection (`FinalRequestProcessor`).
 */
import { ErrorCode } from "../../protocol/error-code.ts";
import { OpCode } from "../../protocol/op-code.ts";

/** Operations that change the tree, or the sessions. */
const UPDATES: ReadonlySet<number> = new Set([
  OpCode.create,
  OpCode.create2,
  OpCode.createContainer,
  OpCode.createTTL,
  OpCode.delete,
  OpCode.deleteContainer,
  OpCode.setData,
  OpCode.setACL,
  OpCode.multi,
  OpCode.reconfig,
  OpCode.createSession,
  OpCode.closeSession,
]);

const NAMES: ReadonlyMap<number, string> = new Map([
  [OpCode.create, "CREA"],
  [OpCode.create2, "CREA"],
  [OpCode.createContainer, "CREA"],
  [OpCode.createTTL, "CREA"],
  [OpCode.delete, "DELE"],
  [OpCode.deleteContainer, "DELE"],
  [OpCode.exists, "EXIS"],
  [OpCode.getData, "GETD"],
  [OpCode.setData, "SETD"],
  [OpCode.getACL, "GETA"],
  [OpCode.setACL, "SETA"],
  [OpCode.getChildren, "GETC"],
  [OpCode.getChildren2, "GETC"],
  [OpCode.sync, "SYNC"],
  [OpCode.ping, "PING"],
  [OpCode.check, "CHEC"],
  [OpCode.multi, "MULT"],
  [OpCode.multiRead, "MLTR"],
  [OpCode.reconfig, "RECO"],
  [OpCode.checkWatches, "CHKW"],
  [OpCode.removeWatches, "REMW"],
  [OpCode.setWatches, "SETW"],
  [OpCode.setWatches2, "STW2"],
  [OpCode.addWatch, "ADDW"],
  [OpCode.whoAmI, "HOMI"],
  [OpCode.getEphemerals, "GETE"],
  [OpCode.getAllChildrenNumber, "GETACN"],
  [OpCode.createSession, "SESS"],
  [OpCode.closeSession, "CLOS"],
]);

/** What ZooKeeper calls an operation that it has no name for. */
const NOT_APPLICABLE = "NA";

/** Whether the latency of an operation is one of updates (`updatelatency`) or of reads (`readlatency`). */
export function isUpdate(type: number): boolean {
  return UPDATES.has(type);
}

/** A write that failed has no name: ZooKeeper gives up on it before it looks at what it was. */
export function operationName(type: number, err: number): string {
  const failed = err !== ErrorCode.ok && isUpdate(type) && type !== OpCode.multi;
  return failed ? NOT_APPLICABLE : (NAMES.get(type) ?? NOT_APPLICABLE);
}
