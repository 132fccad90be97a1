/**
 * Locks: each is held by a session of its own, which lives by its ttl.
 */
import { ErrorCode, errorOf, NoNodeError } from "../client/index.ts";
import type { Held } from "../recipes/index.ts";
import { type CallContext, sessionOver } from "./call-context.ts";
import { CallFailure } from "./call-failure.ts";
import type { AcquiredLock, LockMode } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";
import type { LocalClient } from "./local-client.ts";
import { decodeLockId, encodeLockId, type LockIdentity } from "./lock-id.ts";
import { type Contender, lockOf, readLine, shown } from "./lock-line.ts";

export const lockCalls: CallsOf<
  "acquireLock" | "renewLock" | "releaseLock" | "inspectLock" | "breakLock"
> = {
  async acquireLock(context, { path, ttlMs, waitMs = 0, mode = "exclusive", holder }) {
    const client = await context.open({ ttlMs });
    const lock = lockOf(client.zk, path, mode, holder);
    let ahead: number | undefined;
    const onPosition = (count: number): void => {
      ahead = count;
    };
    let held: Held | undefined;
    try {
      held =
        waitMs === 0
          ? await lock.tryAcquire()
          : await context.wait(waitMs, (signal) =>
              unlessAborted(signal, lock.acquire({ signal, onPosition })),
            );
    } catch (error) {
      // Nobody knows of the session: what it has may be there already.
      if (!client.isCutOff) await client.closeSession();
      throw error;
    }
    if (held === undefined) return await refused(context, client, path, mode, ahead);
    // A permit is held while its place in the line is still being given up: that must have left before the client ends.
    if (typeof mode === "object") await client.zk.sync(path);
    // While it waited, the session lived because the call did.
    if (waitMs > 0) client.hear();
    return { acquired: true, lock: lockHeld(context, client, path, held) };
  },

  async renewLock(context, { lock, ttlMs }) {
    const identity = identityOf(lock);
    const { sessionId: id, passwd, path, znode } = identity;
    const client = await context.open({ id, passwd, ttlMs });
    const stat = await client.zk.exists(znode);
    if (stat === undefined || stat.ephemeralOwner !== BigInt(id)) throw notHeld();
    const token = stat.czxid;
    return { lock: acquiredLock(context, client, { id: lock, path, token }) };
  },

  async releaseLock(context, { lock }) {
    const { sessionId: id, passwd } = identityOf(lock);
    let client: LocalClient;
    try {
      client = await context.open({ id, passwd });
    } catch (error) {
      if (error instanceof CallFailure) return { released: false };
      throw error;
    }
    await client.closeSession();
    return { released: true };
  },

  async inspectLock(context, { path, mode = "exclusive" }) {
    const { holders, waiters } = await readLine(await context.zk(), path, mode);
    return { holders: holders.map(shown), waiters: waiters.map(shown) };
  },

  async breakLock(context, { path, mode = "exclusive" }) {
    const { grant } = context.caller;
    if (grant !== undefined && !grant.permissions.includes("admin")) {
      throw errorOf(ErrorCode.noAuth, { path });
    }
    const zk = await context.zk();
    const { holders } = await readLine(zk, path, mode);
    const broken = await Promise.all(
      holders.map(async (contender) => {
        try {
          await zk.delete(contender.path);
          return 1;
        } catch (error) {
          if (error instanceof NoNodeError) return 0;
          throw error;
        }
      }),
    );
    return { broken: broken.reduce<number>((sum, count) => sum + count, 0) };
  },
};

/** What is acquired; undefined when the signal was aborted before it was. */
async function unlessAborted(
  signal: AbortSignal,
  acquiring: Promise<Held>,
): Promise<Held | undefined> {
  try {
    return await acquiring;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function refused(
  context: CallContext,
  client: LocalClient,
  path: string,
  mode: LockMode,
  ahead: number | undefined,
) {
  const { holders, waiters } = await readLine(client.zk, path, mode);
  // With it goes whatever is left of the place in the line.
  await client.closeSession();
  return {
    acquired: false as const,
    // Who waits for a permit hears of those who wait before it, and not of those who hold one.
    ahead:
      ahead === undefined
        ? holders.length + waiters.length
        : ahead + (typeof mode === "object" ? holders.length : 0),
    holders: holders.map(shown),
    retryAfterMs: retryAfterMs(context, holders),
  };
}

function retryAfterMs({ host }: CallContext, holders: readonly Contender[]): number | null {
  const ends = holders
    .map(({ sessionId }) => host.leaseEndMs(sessionId))
    .filter((endMs) => endMs !== undefined);
  return ends.length === 0 ? null : Math.max(0, Math.min(...ends) - host.nowMs());
}

function lockHeld(
  context: CallContext,
  client: LocalClient,
  path: string,
  { path: znode, token }: Held,
): AcquiredLock {
  const { session } = client;
  if (session === undefined) throw sessionOver();
  const id = encodeLockId({ sessionId: session.id, passwd: session.passwd, path, znode });
  return acquiredLock(context, client, { id, path, token });
}

/** The caller counts from when it asked: that was before the object heard of it, and the session was heard of later or then. */
function acquiredLock(
  { startedMs }: CallContext,
  { session, heardMs }: LocalClient,
  lock: Pick<AcquiredLock, "id" | "path" | "token">,
): AcquiredLock {
  const ttlMs = session?.timeoutMs ?? 0;
  return { ...lock, ttlMs, validityMs: heardMs + ttlMs - startedMs };
}

/** @throws CallFailure for what is no lock id. */
function identityOf(id: string): LockIdentity {
  const identity = decodeLockId(id);
  if (identity === undefined) throw notHeld();
  return identity;
}

function notHeld(): CallFailure {
  return new CallFailure("notHeld", "the lock is not held any more by who says so");
}
