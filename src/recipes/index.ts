/**
 * Recipes: coordination on top of a client.
 */
export {};
