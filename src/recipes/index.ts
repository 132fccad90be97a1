/**
 * Recipes: coordination on top of a client.
 */
export * from "./group-membership.ts";
export * from "./node-cache.ts";
export * from "./persistent-node.ts";
export * from "./tree-cache.ts";
export type { TreeChange, TreeEntry } from "./tree-entries.ts";
