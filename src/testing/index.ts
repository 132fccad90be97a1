/**
 * A server inside the process, for the tests of whoever uses the client or the recipes.
 */
export {};
