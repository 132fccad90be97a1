/**
 * Recipes: coordination on top of a client.
 */
export * from "./group-membership.ts";
export * from "./node-cache.ts";
export * from "./persistent-node.ts";
export * from "./service-discovery.ts";
export type { ServiceInstance, ServiceType, UriSpec } from "./service-instance.ts";
export { ServiceProvider, type ServiceProviderOptions } from "./service-provider.ts";
export * from "./service-strategies.ts";
export * from "./tree-cache.ts";
export type { TreeChange, TreeEntry } from "./tree-entries.ts";
