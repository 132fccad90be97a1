/**
 * Writes that come to the same when they are done twice, and so may be asked for again when the reply was lost.
 */
import { ConnectionLossError, NoNodeError, type Session, type ZooKeeper } from "../client/index.ts";

/** Asks again whenever the connection was lost before the answer came. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
    }
  }
}

/** Deletes a znode of a session; that it does not exist is no error. Waits for a connection as long as the session lives. */
export async function deleteOfSession(
  zk: ZooKeeper,
  path: string,
  session: Session,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await untilAnswered(() => zk.delete(path, { session, signal, timeoutMs: Infinity }));
  } catch (error) {
    if (!(error instanceof NoNodeError)) throw error;
  }
}

/** Deletes an ephemeral that nobody needs any more, and does not mind if it cannot: then it goes with its session. */
export function discard(zk: ZooKeeper, path: string, session: Session): void {
  deleteOfSession(zk, path, session).catch(() => {
    // The session is over, or the client is closed.
  });
}
