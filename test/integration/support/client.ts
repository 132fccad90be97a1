/**
 * The published client, on a namespace.
 */
import { connect, type ZooKeeper } from "../../../src/client/index.ts";
import { openSocket } from "./connection.ts";
import type { TestNamespace } from "./namespace.ts";

export function connectTo(namespace: TestNamespace): Promise<ZooKeeper> {
  return connect(`ws://edgekeeper/v1/${namespace.name}`, {
    webSocket: () => openSocket(namespace.name),
  });
}
