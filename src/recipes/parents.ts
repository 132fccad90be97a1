/**
 * Znodes that others stand below.
 */
import {
  ConnectionLossError,
  type OperationOptions,
  UnimplementedError,
  type ZooKeeper,
} from "../client/index.ts";

export function childPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}

/**
 * Creates a path, as containers, which the server removes some time after their last child. Where the server
 * has none (ZooKeeper before 3.5.3), they are persistent and stay. Asks again when a reply was lost.
 */
export async function ensureContainer(
  zk: ZooKeeper,
  path: string,
  options: OperationOptions,
): Promise<void> {
  let mode: "container" | undefined = "container";
  for (;;) {
    try {
      await zk.ensurePath(path, { ...options, mode });
      return;
    } catch (error) {
      if (error instanceof UnimplementedError && mode !== undefined) mode = undefined;
      else if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}

/** Does the same with what is above a path. */
export async function ensureParent(
  zk: ZooKeeper,
  path: string,
  options: OperationOptions,
): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent !== "") await ensureContainer(zk, parent, options);
}
