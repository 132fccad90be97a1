/**
 * Recipes: coordination on top of a client.
 */
export * from "./persistent-node.ts";
