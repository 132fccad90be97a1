/**
 * The queue of the `Queue` recipe. A claim belongs to a session of its own, which lives by its ttl: so it returns when that
 * is over.
 */
import { childPath, nodeName } from "../core/path.ts";
import { OpCode } from "../protocol/op-code.ts";
import { ItemTooLargeError, Queue, type QueueClaim } from "../recipes/index.ts";
import type { CallContext } from "./call-context.ts";
import { CallFailure } from "./call-failure.ts";
import type { Calls } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";
import { type LocalClient, TIMERS_ONLY } from "./local-client.ts";
import { decodeLockId, encodeLockId, type LockIdentity } from "./lock-id.ts";
import { invalid } from "./parameters.ts";
import { unlessAborted } from "./waiting-room.ts";

type Taken = Calls["takeItem"]["gives"];

export const queueCalls: CallsOf<"putItem" | "takeItem" | "completeItem" | "returnItem"> = {
  async putItem(context, { path, data, priority, delayMs }) {
    const queue = queueOf(context, await context.open(), path);
    try {
      return { item: nodeName(await queue.put(data, { priority, delayMs })) };
    } catch (error) {
      if (error instanceof ItemTooLargeError) throw invalid(error.message);
      throw error;
    }
  },

  async takeItem(context, takes) {
    const resumed = await resume(context, takes.path);
    if (resumed !== undefined) return resumed;
    const { waitMs = 0 } = takes;
    if (waitMs === 0) return await take(context, takes, undefined);
    return await context.wait(waitMs, (signal) => take(context, takes, signal));
  },

  async completeItem(context, { claim }) {
    const { client, identity } = await openClaim(context, claim);
    const { path, znode } = identity;
    const entry = childPath(childPath(path, "entries"), nodeName(znode));
    context.journal?.noteAnswer({}, OpCode.multi);
    // Together, so that they are one commit.
    const completing = client.zk.transaction().delete(znode).delete(entry).commit();
    await Promise.all([completing, client.closeSession()]);
    return {};
  },

  async returnItem(context, { claim }) {
    const { client } = await openClaim(context, claim);
    context.journal?.noteAnswer({}, OpCode.closeSession);
    await client.closeSession();
    return {};
  },
};

function queueOf({ host }: CallContext, { zk }: LocalClient, path: string): Queue {
  return new Queue(zk, path, { now: () => host.nowMs() });
}

/** Takes the next item, and waits for one while the signal is not aborted; without a signal, not at all. */
async function take(
  context: CallContext,
  { path, ttlMs }: Calls["takeItem"]["takes"],
  signal: AbortSignal | undefined,
): Promise<Taken> {
  // Delayed items become due while it waits.
  const client = await context.open({ ttlMs }, { clock: TIMERS_ONLY });
  const { session } = client;
  if (session !== undefined) context.journal?.noteSession(session);
  const queue = queueOf(context, client, path);
  let claim: QueueClaim | undefined;
  try {
    claim = await (signal === undefined
      ? queue.tryTake()
      : unlessAborted(signal, queue.take({ signal })));
  } catch (error) {
    // Nobody knows of the session: it would keep an item from everybody else.
    await context.abandon(client);
    throw error;
  }
  if (claim === undefined || session === undefined) {
    const answer = { taken: null };
    context.journal?.noteAnswer(answer, OpCode.closeSession);
    await client.closeSession();
    return answer;
  }
  // While it waited, the session lived because the call did.
  if (signal !== undefined) client.hear();
  const { path: entry, data } = claim;
  return takenOf({ path, sessionId: session.id, passwd: session.passwd }, nodeName(entry), data);
}

/**
 * Looks for what the call has taken already, when it is made again because its answer was lost; undefined when that is nothing.
 *
 * @throws CallFailure when the claim is over: whoever asks does not have the item.
 */
async function resume(context: CallContext, path: string): Promise<Taken | undefined> {
  const wanted = context.journal?.session;
  if (wanted === undefined) return undefined;
  const client = await context.open(wanted);
  const claims = childPath(path, "taken/");
  const item = (await client.zk.getEphemerals(claims)).map(nodeName).at(0);
  if (item === undefined) {
    await client.closeSession();
    return undefined;
  }
  const { data } = await client.zk.getData(childPath(childPath(path, "entries"), item));
  return takenOf({ path, sessionId: wanted.id, passwd: wanted.passwd }, item, data);
}

function takenOf(claim: Omit<LockIdentity, "znode">, item: string, data: Uint8Array | null): Taken {
  const znode = childPath(childPath(claim.path, "taken"), item);
  return {
    taken: { claim: encodeLockId({ ...claim, znode }), data: data ?? new Uint8Array(), item },
  };
}

/** Opens a client in the session of a claim. @throws CallFailure when the claim is over. */
async function openClaim(
  context: CallContext,
  claim: string,
): Promise<{ readonly client: LocalClient; readonly identity: LockIdentity }> {
  const identity = decodeLockId(claim);
  if (identity === undefined) throw notHeld();
  const { sessionId: id, passwd, znode } = identity;
  const client = await context.open({ id, passwd });
  const stat = await client.zk.exists(znode);
  if (stat?.ephemeralOwner !== BigInt(id)) throw notHeld();
  return { client, identity };
}

function notHeld(): CallFailure {
  return new CallFailure("notHeld", "the item is not claimed any more by who says so");
}
