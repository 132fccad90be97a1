/**
 * Calls that are about znodes: ZooKeeper's operations.
 */
import {
  type CreateOptions,
  NodeExistsError,
  NoNodeError,
  type ZooKeeper,
} from "../client/index.ts";
import { childPath } from "../core/path.ts";
import type { CreateMode, TransactionOp } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";
import { invalid } from "./parameters.ts";
import { withParents } from "./parents.ts";

const CHILDREN_DEFAULT = 1_000;

export type ZnodeCallName =
  | "getData"
  | "exists"
  | "getChildren"
  | "countChildren"
  | "create"
  | "put"
  | "delete"
  | "getACL"
  | "setACL"
  | "transaction";

export const znodeCalls: CallsOf<ZnodeCallName> = {
  async getData(context, { path }) {
    const zk = await context.zk();
    return await zk.getData(path);
  },

  async exists(context, { path }) {
    const zk = await context.zk();
    return { stat: (await zk.exists(path)) ?? null };
  },

  async getChildren(context, { path, limit = CHILDREN_DEFAULT, after, withStats = false }) {
    const zk = await context.zk();
    const { children, stat } = await zk.getChildren(path);
    const names = children.sort();
    const rest = after === undefined ? names : names.filter((name) => name > after);
    const page = rest.slice(0, limit);
    const next = rest.length > limit ? (page.at(-1) ?? null) : null;
    if (!withStats) return { stat, children: page.map((name) => ({ name })), next };
    const found = await Promise.all(
      page.map(async (name) => ({ name, stat: await zk.exists(childPath(path, name)) })),
    );
    // What has gone since is left out.
    return { stat, children: found.filter((child) => child.stat !== undefined), next };
  },

  async countChildren(context, { path }) {
    const zk = await context.zk();
    return { count: await zk.getAllChildrenNumber(path) };
  },

  async create(context, { path, data, mode, ttlMs, acl, session, parents = false }) {
    const options: CreateOptions = { ...modeOptions(mode, ttlMs), acl };
    const zk = await context.zk(session);
    return await withParents(zk, path, parents, () => zk.create(path, data ?? null, options));
  },

  async put(context, { path, data = null, version, only, parents = false }) {
    const zk = await context.zk();
    const create = async () => {
      const { stat } = await withParents(zk, path, parents, () => zk.create(path, data));
      return { created: true, stat };
    };
    const set = async () => ({ created: false, stat: await zk.setData(path, data, { version }) });
    if (only === "create") return await create();
    // Who names a version speaks of a znode that there is.
    if (only === "set" || (version !== undefined && version >= 0)) return await set();
    for (;;) {
      try {
        return await set();
      } catch (error) {
        if (!(error instanceof NoNodeError)) throw error;
      }
      try {
        return await create();
      } catch (error) {
        // Another one was faster.
        if (!(error instanceof NodeExistsError)) throw error;
      }
    }
  },

  async delete(context, { path, version }) {
    const zk = await context.zk();
    await zk.delete(path, { version });
    return {};
  },

  async getACL(context, { path }) {
    const zk = await context.zk();
    return await zk.getACL(path);
  },

  async setACL(context, { path, acl, version }) {
    const zk = await context.zk();
    return { stat: await zk.setACL(path, acl, { version }) };
  },

  async transaction(context, { ops, session }) {
    const zk = await context.zk(session);
    return { results: await commit(zk, ops) };
  },
};

/** What the client calls a mode. @throws CallFailure when mode and ttl contradict each other. */
function modeOptions(
  mode: CreateMode = "persistent",
  ttlMs: number | undefined,
): Pick<CreateOptions, "mode" | "ttlMs"> {
  const isWithTTL = mode === "persistentWithTTL" || mode === "persistentSequentialWithTTL";
  if (isWithTTL !== (ttlMs !== undefined)) {
    throw invalid(isWithTTL ? `a znode of mode ${mode} needs ttlMs` : `ttlMs is not for ${mode}`);
  }
  if (mode === "persistentWithTTL") return { mode: "persistent", ttlMs };
  if (mode === "persistentSequentialWithTTL") return { mode: "persistentSequential", ttlMs };
  return { mode };
}

async function commit(zk: ZooKeeper, ops: readonly TransactionOp[]) {
  const transaction = zk.transaction();
  for (const op of ops) {
    switch (op.type) {
      case "create":
        transaction.create(op.path, op.data ?? null, {
          ...modeOptions(op.mode, op.ttlMs),
          acl: op.acl,
        });
        break;
      case "setData":
        transaction.setData(op.path, op.data ?? null, { version: op.version });
        break;
      case "delete":
        transaction.delete(op.path, { version: op.version });
        break;
      case "check":
        transaction.check(op.path, op.version);
        break;
    }
  }
  const results: readonly unknown[] = await transaction.commit();
  return ops.map(({ type, path }, index) => {
    if (type === "create") return { type, path: (results[index] as { path: string }).path };
    if (type === "setData") return { type, path, stat: results[index] as ZnodeStat };
    return { type, path };
  });
}

type ZnodeStat = Awaited<ReturnType<ZooKeeper["setData"]>>;
