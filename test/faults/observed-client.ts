/**
 * A client some of whose operations are replaced: to see what a recipe does with it, or to put a bug into the recipe.
 */
import type { ZooKeeper } from "../../src/client/index.ts";

export type Operations = Partial<
  Pick<
    ZooKeeper,
    | "create"
    | "delete"
    | "exists"
    | "getChildren"
    | "getData"
    | "setData"
    | "sync"
    | "transaction"
    | "watch"
  >
>;

export function observed(zk: ZooKeeper, operations: Operations): ZooKeeper {
  return new Proxy(zk, {
    get(target, name) {
      const replaced: unknown = Reflect.get(operations, name);
      if (replaced !== undefined) return replaced;
      const own: unknown = Reflect.get(target, name, target);
      // Its private fields are its own, so its methods are called on it.
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}
