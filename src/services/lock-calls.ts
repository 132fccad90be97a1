/**
 * Locks: each is held by a session of its own, which lives by its ttl.
 */
import { ErrorCode, errorOf, NoNodeError } from "../client/index.ts";
import { OpCode } from "../protocol/op-code.ts";
import type { Held } from "../recipes/index.ts";
import { type CallContext, sessionOver } from "./call-context.ts";
import { CallFailure } from "./call-failure.ts";
import type { AcquiredLock, Calls, LockMode } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";
import type { LocalClient } from "./local-client.ts";
import { decodeLockId, encodeLockId, type LockIdentity } from "./lock-id.ts";
import { unlessAborted } from "./waiting-room.ts";
import { type Contender, isInTheWay, type LockLine, lockOf, readLine, shown } from "./lock-line.ts";

export const lockCalls: CallsOf<
  "acquireLock" | "renewLock" | "releaseLock" | "inspectLock" | "breakLock"
> = {
  async acquireLock(context, takes) {
    const resumed = await resume(context, takes);
    // Nobody remembers who stood before it.
    if (resumed !== undefined) return { acquired: true, lock: resumed, ahead: 0 };
    const { waitMs = 0 } = takes;
    if (waitMs === 0) {
      return (await lookFirst(context, takes)) ?? (await acquire(context, takes, undefined));
    }
    return await context.wait(waitMs, (signal) => acquire(context, takes, signal));
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
    context.journal?.noteAnswer({ released: true }, OpCode.closeSession);
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
    // Not those who come after them, when it is asked for again.
    context.journal?.noteAnswer({ broken: holders.length }, OpCode.delete);
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
    for (const { sessionId } of holders) context.host.endLease(sessionId);
    return { broken: broken.reduce<number>((sum, count) => sum + count, 0) };
  },
};

/** Looks at a lock that somebody was refused: the refusal, or undefined when it may be acquired. */
async function lookFirst(
  context: CallContext,
  { path, mode = "exclusive" }: AcquireTakes,
): Promise<Refusal | undefined> {
  // With a key a refusal is kept, by a write.
  if (!context.contended.has(path) || context.journal !== undefined) return undefined;
  const line = await readLine(await context.zk(), path, mode);
  if (isInTheWay(line, mode)) return refusalOf(context, line, mode, undefined);
  context.contended.delete(path);
  return undefined;
}

type Refusal = Extract<Calls["acquireLock"]["gives"], { acquired: false }>;
type AcquireTakes = Readonly<Calls["acquireLock"]["takes"]>;

/** Stands in line while the signal is not aborted; without a signal, not at all. */
async function acquire(
  context: CallContext,
  { path, ttlMs, mode = "exclusive", holder }: AcquireTakes,
  signal: AbortSignal | undefined,
): Promise<Calls["acquireLock"]["gives"]> {
  const client = await context.open({ ttlMs });
  if (client.session !== undefined) context.journal?.noteSession(client.session);
  const lock = lockOf(client.zk, path, mode, holder);
  let first: number | undefined;
  let ahead: number | undefined;
  const onPosition = (count: number): void => {
    first ??= count;
    ahead = count;
  };
  let held: Held | undefined;
  try {
    held =
      signal === undefined
        ? await lock.tryAcquire()
        : await unlessAborted(signal, lock.acquire({ signal, onPosition }));
    // A permit is held while its place in the line is still being given up: that must have left before the client ends.
    if (typeof mode === "object" && held !== undefined) await client.zk.sync(path);
  } catch (error) {
    // Nobody knows of the session: what it has may be there already.
    await context.abandon(client);
    throw error;
  }
  if (held === undefined) return await refused(context, client, path, mode, ahead);
  // While it waited, the session lived because the call did.
  if (signal !== undefined) client.hear();
  return { acquired: true, lock: lockHeld(context, client, path, held), ahead: first ?? 0 };
}

/**
 * Looks for what the call has acquired already, when it is made again because its answer was lost; undefined when it has nothing,
 * and is to acquire. A place in the line it gives up.
 *
 * @throws CallFailure when what it had is over: whoever asks does not hold it.
 */
async function resume(
  context: CallContext,
  { path, mode = "exclusive" }: AcquireTakes,
): Promise<AcquiredLock | undefined> {
  const wanted = context.journal?.session;
  if (wanted === undefined) return undefined;
  const client = await context.open(wanted);
  const { holders } = await readLine(client.zk, path, mode);
  const own = holders.find(({ sessionId }) => sessionId === wanted.id);
  if (own !== undefined)
    return lockHeld(context, client, path, { path: own.path, token: own.token });
  await client.closeSession();
  return undefined;
}

async function refused(
  context: CallContext,
  client: LocalClient,
  path: string,
  mode: LockMode,
  ahead: number | undefined,
): Promise<Refusal> {
  context.contended.add(path);
  const answer = refusalOf(context, await readLine(client.zk, path, mode), mode, ahead);
  context.journal?.noteAnswer(answer, OpCode.closeSession);
  // With it goes whatever is left of the place in the line.
  await client.closeSession();
  return answer;
}

function refusalOf(
  context: CallContext,
  { holders, waiters }: LockLine,
  mode: LockMode,
  ahead: number | undefined,
): Refusal {
  return {
    acquired: false,
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
  { path: znode, token }: Pick<Held, "path" | "token">,
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
