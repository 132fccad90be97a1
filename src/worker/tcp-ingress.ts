/**
 * TCP ingress: every connection ends in the object of the namespace that the listener serves.
 */
import type { Env } from "../objects/env.ts";

export async function serveTCP(socket: Socket, env: Env): Promise<void> {
  const { remoteAddress } = await socket.opened;
  // The object learns who connects from the address that it is connected at: a connection made inside workerd
  // carries no remote address of its own (seen with workerd 1.20261023.1).
  const inner = env.SUBTREE.getByName(env.TCP_NAMESPACE).connect(remoteAddress ?? "0.0.0.0:0");
  await Promise.allSettled([
    socket.readable.pipeTo(inner.writable),
    // When the object is done with a client, so are we: whether it hangs up or not.
    inner.readable.pipeTo(socket.writable).finally(() => socket.close()),
  ]);
}
