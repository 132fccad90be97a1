/**
 * Views of the tree, and znodes that come back, with a bug each.
 */
import {
  ErrorCode,
  type GetDataResult,
  NodeExistsError,
  type Stat,
  type WatchStream,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import {
  GroupMembership,
  NodeCache,
  PersistentNode,
  ServiceDiscovery,
  type ServiceRegistration,
  TreeCache,
} from "../../../src/recipes/index.ts";
import { observed } from "../observed-client.ts";
import { type Bugs, withBug } from "./spoilt-recipes.ts";

/** Watches are not set. */
function blind(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    getData: (path, options) => zk.getData(path, { ...options, watch: undefined }),
    exists: (path, options) => zk.exists(path, { ...options, watch: undefined }),
  });
}

/** Now and then shows what it read before. */
function forgetful(zk: ZooKeeper): ZooKeeper {
  const before = new Map<string, GetDataResult>();
  let reads = 0;
  return observed(zk, {
    async getData(path, options) {
      const result = await zk.getData(path, options);
      const shown = ++reads % 5 === 0 ? (before.get(path) ?? result) : result;
      before.set(path, reads % 5 === 1 ? result : (before.get(path) ?? result));
      return shown;
    },
  });
}

/** Does not notice that something is gone. */
function faithful(zk: ZooKeeper): ZooKeeper {
  const known = new Map<string, Stat>();
  return observed(zk, {
    async exists(path, options) {
      const stat = (await zk.exists(path, options)) ?? known.get(path);
      if (stat !== undefined) known.set(path, stat);
      return stat;
    },
  });
}

/** Takes whatever znode there is for its own. */
function possessive(zk: ZooKeeper): ZooKeeper {
  return observed(zk, {
    async exists(path, options) {
      const stat = await zk.exists(path, options);
      return stat && { ...stat, ephemeralOwner: zk.session?.id ?? 0n };
    },
  });
}

/** Creates nothing in a later session than the first. */
function ofOneSession(zk: ZooKeeper): ZooKeeper {
  const { session } = zk;
  return observed(zk, {
    async create(path, data, options) {
      if (zk.session !== session) throw new NodeExistsError(ErrorCode.nodeExists, { path });
      return await zk.create(path, data, options);
    },
  });
}

/** Does not get all events of its watches. */
function inattentive(zk: ZooKeeper, isMissed: (type: string, count: number) => boolean): ZooKeeper {
  return observed(zk, {
    watch(path, options) {
      const stream = zk.watch(path, options);
      let count = 0;
      const next: WatchStream["next"] = async () => {
        for (;;) {
          const result = await stream.next();
          if (result.done || !isMissed(result.value.type, count++)) return result;
        }
      };
      const attended: WatchStream = {
        next,
        return: () => stream.return(),
        [Symbol.asyncIterator]: () => attended,
      };
      return attended;
    },
  });
}

export const nodeCacheBugs: Bugs = {
  "does not watch": withBug({
    NodeCache: class extends NodeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(blind(zk), path);
      }
    },
  }),
  "goes back to an older state": withBug({
    NodeCache: class extends NodeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(forgetful(zk), path);
      }
    },
  }),
};

export const treeCacheBugs: Bugs = {
  "misses events": withBug({
    TreeCache: class extends TreeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(
          inattentive(zk, (_type, count) => count % 20 === 19),
          path,
        );
      }
    },
  }),
  "misses what happened while it was away": withBug({
    TreeCache: class extends TreeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(
          inattentive(zk, (type, count) => type === "Resync" && count > 0),
          path,
        );
      }
    },
  }),
  "goes back to an older state": withBug({
    TreeCache: class extends TreeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(forgetful(zk), path);
      }
    },
  }),
  "keeps what was deleted while it was away": withBug({
    TreeCache: class extends TreeCache {
      constructor(zk: ZooKeeper, path: string) {
        super(faithful(zk), path);
      }
    },
  }),
};

type NodeArguments = ConstructorParameters<typeof PersistentNode>;

export const persistentNodeBugs: Bugs = {
  "takes another's znode for its own": withBug({
    PersistentNode: class extends PersistentNode {
      constructor(zk: ZooKeeper, ...rest: NodeArguments extends [unknown, ...infer R] ? R : never) {
        super(possessive(zk), ...rest);
      }
    },
  }),
  "does not see that it was deleted": withBug({
    PersistentNode: class extends PersistentNode {
      constructor(zk: ZooKeeper, ...rest: NodeArguments extends [unknown, ...infer R] ? R : never) {
        super(blind(zk), ...rest);
      }
    },
  }),
  "stays when it is closed": withBug({
    PersistentNode: class extends PersistentNode {
      override close(): Promise<void> {
        return Promise.resolve();
      }
    },
  }),
  "does not write its new data": withBug({
    PersistentNode: class extends PersistentNode {
      override setData(): void {}
    },
  }),
};

export const groupMembershipBugs: Bugs = {
  "does not join again when its session was lost": withBug({
    GroupMembership: class extends GroupMembership {
      constructor(zk: ZooKeeper, path: string) {
        super(ofOneSession(zk), path);
      }
    },
  }),
  "tells of those who have left": withBug({
    GroupMembership: class extends GroupMembership {
      constructor(zk: ZooKeeper, path: string) {
        super(
          inattentive(zk, (type) => type === "NodeDeleted"),
          path,
        );
      }
    },
  }),
};

export const serviceDiscoveryBugs: Bugs = {
  "keeps those who have unregistered": withBug({
    ServiceDiscovery: class<Payload> extends ServiceDiscovery<Payload> {
      override async register(
        ...asked: Parameters<ServiceDiscovery<Payload>["register"]>
      ): Promise<ServiceRegistration<Payload>> {
        const registration = await super.register(...asked);
        registration.unregister = () => Promise.resolve();
        return registration;
      }
    },
  }),
  "does not tell of what has changed": withBug({
    ServiceDiscovery: class<Payload> extends ServiceDiscovery<Payload> {
      override async register(
        ...asked: Parameters<ServiceDiscovery<Payload>["register"]>
      ): Promise<ServiceRegistration<Payload>> {
        const registration = await super.register(...asked);
        registration.update = () => {};
        return registration;
      }
    },
  }),
  "misses what happened while it was away": withBug({
    ServiceDiscovery: class<Payload> extends ServiceDiscovery<Payload> {
      constructor(zk: ZooKeeper, path: string) {
        super(
          inattentive(zk, (type, count) => type === "Resync" && count > 0),
          path,
        );
      }
    },
  }),
};
