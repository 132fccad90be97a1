/**
 * Writes that are done once although their replies may be lost, where the server does that.
 */
import { IdempotencyKey, type OperationOptions, SessionExpiredError } from "../client/index.ts";

/**
 * Asks for a write under a key of its own: the client asks again over the next connection, and this in the next session. Other
 * servers leave it at "unknown".
 */
export async function askOnce<T>(
  options: OperationOptions,
  ask: (options: OperationOptions) => Promise<T>,
): Promise<T> {
  const idempotencyKey = new IdempotencyKey();
  for (;;) {
    try {
      return await ask({ ...options, idempotencyKey });
    } catch (error) {
      const isLost = error instanceof SessionExpiredError && error.outcome === "unknown";
      // What belongs to a session is not done in the next.
      const isOver = options.session !== undefined || !idempotencyKey.isKept;
      if (!isLost || isOver) throw error;
    }
  }
}
