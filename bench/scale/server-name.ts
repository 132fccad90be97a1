/** The servers that are compared at scale: those that keep a tree. */
export const serverNames = ["edgekeeper", "zookeeper"] as const;
export type ServerName = (typeof serverNames)[number];
