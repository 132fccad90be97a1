/**
 * Everything below a znode, as a client sees it.
 */
import { OpCode } from "../../../src/protocol/op-code.ts";
import type { ObservedZnode } from "./kill-model.ts";
import type { WireSession } from "./wire-session.ts";

/**
 * Reads a znode and all below it, which nobody may change meanwhile.
 *
 * @throws Error when two readings contradict each other.
 */
export async function readTree(
  session: WireSession,
  path: string,
  found: Map<string, ObservedZnode> = new Map(),
): Promise<Map<string, ObservedZnode>> {
  const [{ data, stat }, { children, stat: again }] = await Promise.all([
    session.getData(path),
    session.ask({ type: OpCode.getChildren2, path, watch: false }),
  ]);
  if (JSON.stringify(stat) !== JSON.stringify(again)) {
    throw new Error(`${path}: getData and getChildren2 give different Stats`);
  }
  if (stat.numChildren !== children.length) {
    throw new Error(`${path}: numChildren ${stat.numChildren}, and ${children.length} children`);
  }
  found.set(path, { data, stat });
  await Promise.all(children.map((name) => readTree(session, `${path}/${name}`, found)));
  return found;
}

/** What must hold for every znode, whatever was done to it. Returns what does not. */
export function findInconsistencies(all: ReadonlyMap<string, ObservedZnode>): string[] {
  const wrong: string[] = [];
  for (const [path, { stat }] of all) {
    // Creates count once in the sequence counter and so twice here.
    const created = (stat.cversion + stat.numChildren) / 2;
    if (!Number.isInteger(created) || created < stat.numChildren) {
      wrong.push(`${path}: cversion ${stat.cversion} with ${stat.numChildren} children`);
    }
    if (stat.mzxid < stat.czxid || stat.pzxid < stat.czxid) {
      wrong.push(`${path}: older than its creation`);
    }
    const parent = all.get(path.slice(0, path.lastIndexOf("/")));
    if (parent !== undefined && parent.stat.pzxid < stat.czxid) {
      wrong.push(`${path}: its parent has not heard of it`);
    }
    if (stat.ephemeralOwner !== 0 && stat.numChildren > 0) {
      wrong.push(`${path}: an ephemeral with children`);
    }
  }
  return wrong;
}
