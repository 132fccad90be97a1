/**
 * The two ways in: what an operation costs depends on them, since only one lets the object sleep.
 */
import { ControlClient } from "../control-client.ts";
import { TCP_NAMESPACE, webSocketPathOf } from "../namespace.ts";
import { SESSION_TIMEOUT_MS } from "../session.ts";
import { type Address, type Channel, connectTcp } from "../tcp-channel.ts";
import { connectWebSocket } from "../web-socket-channel.ts";

export type TransportName = "websocket" | "tcp";

export interface Transport {
  readonly name: TransportName;
  /** The namespace that it leads to. */
  readonly namespace: string;
  connect(): Promise<Channel>;
}

export function tcpTransport(zookeeper: Address): Transport {
  return { name: "tcp", namespace: TCP_NAMESPACE, connect: () => connectTcp(zookeeper) };
}

export function webSocketTransport(http: Address, namespace: string): Transport {
  const path = webSocketPathOf(namespace);
  return { name: "websocket", namespace, connect: () => connectWebSocket(http, path) };
}

export async function openClient(
  transport: Transport,
  timeoutMs: number = SESSION_TIMEOUT_MS,
): Promise<ControlClient> {
  return await ControlClient.over(await transport.connect(), timeoutMs);
}
