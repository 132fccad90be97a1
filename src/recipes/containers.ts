/**
 * Znodes below containers, which the server removes when they have become empty.
 */
import {
  type CreateOptions,
  type CreateResult,
  type Data,
  NoNodeError,
  type ZooKeeper,
} from "../client/index.ts";
import { ensureParent } from "./parents.ts";

/** Creates a znode, and containers above it when they are missing, which they are again after they were empty. */
export async function createInContainer(
  zk: ZooKeeper,
  path: string,
  data: Data,
  options: CreateOptions = {},
): Promise<CreateResult> {
  for (;;) {
    try {
      return await zk.create(path, data, options);
    } catch (error) {
      if (!(error instanceof NoNodeError) || path.lastIndexOf("/") <= 0) throw error;
      const { signal, timeoutMs, session } = options;
      await ensureParent(zk, path, { signal, timeoutMs, session });
    }
  }
}
