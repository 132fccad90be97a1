/**
 * Sessions by the number.
 */
import { SESSION_TIMEOUT_MS } from "../session.ts";
import { type Address, connectTcp } from "../tcp-channel.ts";
import { ClientSession } from "../client-session.ts";

export async function openTcpSession(
  address: Address,
  timeoutMs: number = SESSION_TIMEOUT_MS,
): Promise<ClientSession> {
  return await ClientSession.open(await connectTcp(address), timeoutMs);
}

export async function openTcpSessions(address: Address, count: number): Promise<ClientSession[]> {
  return await Promise.all(Array.from({ length: count }, () => openTcpSession(address)));
}

export async function closeAll(sessions: readonly ClientSession[]): Promise<void> {
  await Promise.all(sessions.map((session) => session.close()));
}
