/** The namespace that the TCP listener serves, unless told otherwise. */
export const TCP_NAMESPACE = "default";

/** Where a namespace takes WebSockets. */
export function webSocketPathOf(namespace: string = TCP_NAMESPACE): string {
  return `/v1/${namespace}/zk`;
}
