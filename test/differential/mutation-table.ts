/**
 * Bugs to put into a copy of the code, one at a time: what to replace, and by what. The text must be there exactly once, so
 * that a mutation that has become meaningless is noticed.
 */

export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** What the servers have to be told for it to show. */
  readonly args?: readonly string[];
}

const dataTree = "src/core/data-tree.ts";
const stateMachine = "src/core/state-machine.ts";
const watchManager = "src/core/watch-manager.ts";
const watchTable = "src/core/watch-table.ts";
const watchRequests = "src/core/watch-requests.ts";
const readRequests = "src/core/read-requests.ts";

export const mutations: readonly Mutation[] = [
  {
    name: "cversion ignores deletes",
    file: "src/core/znode.ts",
    from: "(znode.childrenCreated * 2 - znode.numChildren) | 0",
    to: "znode.childrenCreated",
  },
  {
    name: "events behind the reply",
    file: "src/core/frame-handler.ts",
    from: "const { err, zxid, reply } = machine.apply(request, client, context);",
    to: `const late: (() => void)[] = [];
  queueMicrotask(() => late.forEach((tell) => tell()));
  const notify: typeof context.notify = (...told) => void late.push(() => context.notify(...told));
  const { err, zxid, reply } = machine.apply(request, client, { ...context, notify });`,
  },
  {
    name: "create asks the new znode's ACL",
    file: dataTree,
    from: "if (!permits(parent.acl, Perms.create, context.authIds))",
    to: "if (!permits(acl, Perms.create, context.authIds))",
  },
  {
    name: "delete asks the znode's ACL",
    file: dataTree,
    from: "if (!permits(parent.acl, Perms.delete, context.authIds)) return { err: ErrorCode.noAuth };\n  const znode = store.getZnode(op.path);",
    to: "const znode = store.getZnode(op.path);\n  if (!permits(znode?.acl ?? [], Perms.delete, context.authIds)) return { err: ErrorCode.noAuth };",
  },
  {
    name: "setWatches does not set data watches again",
    file: watchRequests,
    from: 'notify(client, EventType.nodeDataChanged, path);\n    else watches.add("data", path, client);',
    to: "notify(client, EventType.nodeDataChanged, path);",
  },
  {
    name: "setWatches fires what the client has seen",
    file: watchRequests,
    from: "znode.pzxid > relativeZxid",
    to: "znode.pzxid >= relativeZxid",
  },
  {
    name: "the error of a multi one slot late",
    file: stateMachine,
    from: "index < failedIndex\n        ? ErrorCode.ok",
    to: "index <= failedIndex && index < request.ops.length - 1\n        ? ErrorCode.ok",
  },
  {
    name: "a failed multi is not taken back",
    file: stateMachine,
    from: "undo.rollBack();\n        return {",
    to: "return {",
  },
  {
    name: "pzxid stays when a child goes",
    file: dataTree,
    from: "{ ...parent, pzxid: zxid, numChildren: parent.numChildren - 1 }",
    to: "{ ...parent, numChildren: parent.numChildren - 1 }",
  },
  {
    name: "persistent watches fire once",
    file: watchTable,
    from: 'if (mode === "standard") this.#remove(path, watcher);',
    to: 'if (mode !== "recursive") this.#remove(path, watcher);',
  },
  {
    name: "recursive watches hear of children as well",
    file: watchTable,
    from: 'if (mode !== "recursive" || !isOfChildren) told.add(watcher);',
    to: "told.add(watcher);",
  },
  {
    name: "recursive watches do not reach grandchildren",
    file: watchTable,
    from: "for (let at = path; at !== ROOT;",
    to: "for (let at = path, up = 0; at !== ROOT && up++ < 1;",
  },
  {
    name: "a one-shot watch beside a persistent one is lost",
    file: watchTable,
    from: "if (earlier === mode) return;",
    to: "if (earlier !== undefined) return;",
  },
  {
    name: "a failed write takes no zxid",
    file: stateMachine,
    from: "if (result.err !== ErrorCode.ok) return { err: result.err, zxid: write.zxid, reply: undefined };",
    to: `if (result.err !== ErrorCode.ok) {
      this.#store.lastZxid -= 1;
      return { err: result.err, zxid: write.zxid - 1, reply: undefined };
    }`,
  },
  {
    name: "getACL shows digests to everybody",
    file: readRequests,
    from: "const acl = mayAdmin ? znode.acl : maskDigests(znode.acl);",
    to: "const acl = mayAdmin ? znode.acl : znode.acl;",
  },
  {
    name: "sequence numbers are used again after a delete",
    file: dataTree,
    from: "sequenceSuffix(parent.childrenCreated)",
    to: "sequenceSuffix(parent.numChildren)",
  },
  {
    name: "ephemerals outlive their session",
    file: stateMachine,
    from: ".ephemeralPaths(id)\n      .map(",
    to: ".ephemeralPaths(id)\n      .slice(1)\n      .map(",
  },
  {
    name: "a container in a multi is answered as a create",
    file: stateMachine,
    from: "return isSpecial ? { ...result, type: OpCode.create2 } : result;",
    to: 'return isSpecial && "path" in result ? { type: OpCode.create, path: result.path } : result;',
  },
  {
    name: "exists leaves no watch where nothing is",
    file: readRequests,
    from: 'if (request.type === OpCode.exists && request.watch) watches.add("data", path, client);',
    to: "",
  },
  {
    name: "whoAmI tells whole digests",
    file: "src/core/auth.ts",
    from: 'if (id.scheme === "digest") return id.id.split(":")[0] ?? "";',
    to: 'if (id.scheme === "digest") return id.id;',
  },
  {
    name: "quota statistics count the bytes twice",
    file: "src/core/quota.ts",
    from: 'stats.set("bytes", (stats.get("bytes") ?? -1) + difference.bytes);',
    to: 'stats.set("bytes", (stats.get("bytes") ?? -1) + 2 * difference.bytes);',
  },
  {
    name: "hard quotas allow one more",
    file: "src/core/quota.ts",
    from: "(stats.get(what) ?? -1) + change > most",
    to: "(stats.get(what) ?? -1) + change > most + 1",
    args: ["--enforce-quota"],
  },
  {
    name: "a setData does not move mtime",
    file: dataTree,
    from: "mtime: context.nowMs,\n    version: nextVersion(znode.version),",
    to: "version: nextVersion(znode.version),",
  },
  {
    name: "null data becomes empty",
    file: dataTree,
    from: "return data === null ? null : new Uint8Array(data);",
    to: "return new Uint8Array(data ?? 0);",
  },
  {
    name: "a deletion is told twice to who watches data and children",
    file: watchManager,
    from: "if (!told.has(watcher)) notify(watcher, EventType.nodeDeleted, path);",
    to: "notify(watcher, EventType.nodeDeleted, path);",
  },
  {
    name: "removeWatches of any kind takes the data watch only",
    file: watchManager,
    from: "const removed = this.#tablesOf(type).map(",
    to: "const removed = this.#tablesOf(type).slice(-1).map(",
  },
  {
    name: "events of znodes that the client may not read",
    file: stateMachine,
    from: "if (permits(acl, Perms.read, (watcher as Client).authIds)) notify(",
    to: "if (acl.length >= 0) notify(",
  },
  {
    name: "a reattached session keeps its timeout",
    file: stateMachine,
    from: "if (session.timeoutMs === timeoutMs) return",
    to: "if (timeoutMs > 0) return",
  },
  {
    name: "getEphemerals takes the prefix for a folder",
    file: readRequests,
    from: "path.startsWith(prefixPath)",
    to: "path.startsWith(`${prefixPath}/`)",
  },
  {
    name: "a client that is ahead is let in",
    file: stateMachine,
    from: 'if (request.lastZxidSeen > this.#store.lastZxid) return { kind: "ahead" };',
    to: "",
  },
];
