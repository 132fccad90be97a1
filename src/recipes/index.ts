/**
 * Recipes: coordination on top of a client.
 */
export * from "./node-cache.ts";
export * from "./persistent-node.ts";
