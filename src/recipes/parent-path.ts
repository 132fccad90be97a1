/**
 * The znodes above what a recipe creates.
 */
import { type OperationOptions, UnimplementedError, type ZooKeeper } from "../client/index.ts";

/**
 * Creates what is missing above a znode: containers, which the server removes when they are empty again, or persistent
 * znodes where it has no containers.
 */
export async function ensureParent(
  zk: ZooKeeper,
  path: string,
  options: OperationOptions,
): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf("/"));
  if (parent === "") return;
  try {
    await zk.ensurePath(parent, { ...options, mode: "container" });
  } catch (error) {
    if (!(error instanceof UnimplementedError)) throw error;
    await zk.ensurePath(parent, options);
  }
}

export function joinPath(parent: string, name: string): string {
  return parent === "/" ? `/${name}` : `${parent}/${name}`;
}
