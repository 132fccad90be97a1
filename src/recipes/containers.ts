/**
 * Where a recipe's znodes are: below containers, which the server removes when they have become empty.
 */
import {
  type CreateOptions,
  type CreateResult,
  type Data,
  NoNodeError,
  type OperationOptions,
  UnimplementedError,
  type ZooKeeper,
} from "../client/index.ts";

/** Creates a container and those above it where they do not exist; persistent znodes on servers before 3.5.3. */
export async function ensureContainers(
  zk: ZooKeeper,
  path: string,
  options: OperationOptions = {},
): Promise<void> {
  try {
    await zk.ensurePath(path, { ...options, mode: "container" });
  } catch (error) {
    if (!(error instanceof UnimplementedError)) throw error;
    await zk.ensurePath(path, options);
  }
}

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
      const parent = path.slice(0, path.lastIndexOf("/"));
      if (!(error instanceof NoNodeError) || parent === "") throw error;
      const { signal, timeoutMs, session } = options;
      await ensureContainers(zk, parent, { signal, timeoutMs, session });
    }
  }
}
