import { NoNodeError, type ZooKeeper } from "../client/index.ts";
import { parentPath, ROOT } from "../core/path.ts";

/** Does something that needs the parent of a path; creates what is missing above, as containers, if that is wanted. */
export async function withParents<T>(
  zk: ZooKeeper,
  path: string,
  parents: boolean,
  run: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      const parent = parentPath(path) ?? ROOT;
      if (!parents || !(error instanceof NoNodeError) || parent === ROOT) throw error;
      await zk.ensurePath(parent, { mode: "container" });
    }
  }
}
