/**
 * A create that is done once, whatever happens to the connection: it carries a random name, by which the znode is found
 * when the reply to its creation was lost (Curator's `withProtection`, whose names these are).
 */
import { ErrorCode } from "../protocol/error-code.ts";
import type { Clock } from "./clock.ts";
import { errorOf, ZooKeeperError } from "./errors.ts";
import type { CreateOptions, CreateResult, Data, OperationOptions } from "./operation-options.ts";
import type { ZooKeeper } from "./zookeeper.ts";

export interface ProtectedCreateContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly requestTimeoutMs: number;
}

export async function createProtected(
  zk: ZooKeeper,
  path: string,
  data: Data,
  options: CreateOptions,
  { clock, random, requestTimeoutMs }: ProtectedCreateContext,
): Promise<CreateResult> {
  const slash = path.lastIndexOf("/");
  const parent = path.slice(0, slash) || "/";
  const name = `_c_${uuid(random)}-${path.slice(slash + 1)}`;
  const protectedPath = `${path.slice(0, slash)}/${name}`;
  // An ephemeral of a session that is lost must not be taken for one of the next.
  const session = options.session ?? zk.session;
  const deadlineMs = clock.now() + (options.timeoutMs ?? requestTimeoutMs);
  const remaining = (): CreateOptions => ({
    ...options,
    session,
    protection: false,
    timeoutMs: Math.max(0, deadlineMs - clock.now()),
  });
  for (;;) {
    try {
      return await zk.create(protectedPath, data, remaining());
    } catch (error) {
      if (!isUnknown(error)) throw error;
      if (error.code !== ErrorCode.connectionLoss) {
        void remove(zk, parent, name);
        throw error;
      }
    }
    try {
      const found = await find(zk, parent, name, remaining());
      if (found !== undefined) return found;
    } catch (error) {
      void remove(zk, parent, name);
      if (!(error instanceof ZooKeeperError)) throw error;
      // That it could not be looked for says nothing about whether it is there.
      throw errorOf(error.code, { path, outcome: "unknown", cause: error });
    }
  }
}

async function find(
  zk: ZooKeeper,
  parent: string,
  name: string,
  options: OperationOptions,
): Promise<CreateResult | undefined> {
  const path = await findPath(zk, parent, name, options);
  if (path === undefined) return undefined;
  const stat = await zk.exists(path, options);
  return stat && { path, stat };
}

async function findPath(
  zk: ZooKeeper,
  parent: string,
  name: string,
  options: OperationOptions,
): Promise<string | undefined> {
  // A server that lags behind could not list it yet.
  const [, { children }] = await Promise.all([
    zk.sync(parent, options),
    zk.getChildren(parent, options),
  ]);
  const found = children.find((child) => child.startsWith(name));
  return found && (parent === "/" ? `/${found}` : `${parent}/${found}`);
}

/**
 * Removes what may have been created, when nobody waits for it any more. It comes behind the create, and so sees what
 * became of it.
 */
async function remove(zk: ZooKeeper, parent: string, name: string): Promise<void> {
  try {
    const path = await findPath(zk, parent, name, {});
    if (path !== undefined) await zk.delete(path);
  } catch {
    // The connection was lost once more, or the client is closed. An ephemeral goes with its session.
  }
}

function isUnknown(error: unknown): error is ZooKeeperError {
  return error instanceof ZooKeeperError && error.outcome === "unknown";
}

/** Of version 4. */
function uuid(random: () => number): string {
  return "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".replace(/x/g, () =>
    Math.floor(random() * 16).toString(16),
  );
}
