/** `/locks/{path}`: exclusive locks, both sides of read-write locks, and semaphores. */
import * as z from "zod/mini";
import type { AcquiredLock, LockContender, LockMode } from "../../services/call.ts";
import { decodeLockId } from "../../services/lock-id.ts";
import { empty, json } from "./answer.ts";
import { operation } from "./operation.ts";
import { invalid, problem, type ProblemError } from "./problem.ts";
import { component, described, int, Problem, ttlMs, waitMs } from "./schemas.ts";

const tag = "Locks";

const PERMITS_MAX = 2 ** 31 - 1;

const mode = () =>
  described(
    z.optional(z.enum(["exclusive", "shared", "semaphore"])),
    "`exclusive` unless it is given. `shared` is the reading side of a read-write lock, whose writing side is `exclusive`.",
  );
const permits = () =>
  described(
    z.optional(int(1, PERMITS_MAX)),
    "Of a semaphore: how many may hold it. All of its callers give the same number.",
  );

const LOCK_HEADER = "edgekeeper-lock";
const lockId = () =>
  described(
    z.string().check(z.regex(/^[\x21-\x7e]{1,8000}$/)),
    "The `id` that acquiring it gave. Whoever has it can renew and release.",
  );

const AcquireLock = component(
  "AcquireLock",
  "What lock, for how long, and how long to wait for it.",
  z.strictObject({
    ttlMs: described(ttlMs(), "How long it is held without a renewal."),
    waitMs: z.optional(described(waitMs(), "How long to stand in line; 0 unless it is given.")),
    mode: mode(),
    permits: permits(),
    holder: z.optional(
      described(z.string().check(z.maxLength(256)), "What others see of the holder."),
    ),
  }),
);

const Lock = component(
  "Lock",
  "A lock that is held.",
  z.object({
    id: described(z.string(), "For renewing and releasing. A secret: it stands in no URL."),
    path: z.string(),
    token: described(int(0), "Fencing token: every later holder has a larger one."),
    ttlMs: int(0),
    validityMs: described(int(0), "Held for at least this long. Count from when you asked."),
  }),
);

const LockContenderSchema = component(
  "LockContender",
  "Whoever holds a lock, or waits for it.",
  z.object({
    holder: z.nullable(z.string()),
    token: int(0),
    sinceMs: described(z.int(), "Milliseconds since 1970."),
  }),
);

const Acquired = component(
  "AcquiredLock",
  "A lock that was acquired just now.",
  z.object({
    ...Lock.shape,
    ahead: described(int(0), "How many stood before it when it joined the line."),
  }),
);

const LockState = component(
  "LockState",
  "Who holds a lock, and who waits, in their order.",
  z.object({
    holders: z.array(LockContenderSchema),
    waiters: z.array(LockContenderSchema),
  }),
);

const Locked = component(
  "LockedProblem",
  "The lock was not free in time.",
  z.object({
    ...Problem.shape,
    ahead: described(int(0), "How many stood ahead in line."),
    holders: z.array(LockContenderSchema),
    retryAfterMs: described(
      z.nullable(int(0)),
      "When the first holder's lease ends, unless it is renewed or released; null when a connected client holds it.",
    ),
  }),
);

const RenewLock = component(
  "RenewLock",
  "How a lock is to live on.",
  z.strictObject({ ttlMs: z.optional(described(ttlMs(), "As before unless it is given.")) }),
);

const Broken = component(
  "BrokenLock",
  "What breaking a lock did.",
  z.object({ broken: described(int(0), "How many lost it.") }),
);

const acquire = operation(
  {
    id: "acquireLock",
    method: "POST",
    resource: "locks",
    target: "below root",
    tag,
    summary: "Acquire a lock",
    description:
      "The line is that of the `Lock`, `ReadWriteLock` and `Semaphore` recipes, so connected clients stand in it as well. What the lock protects should refuse a token below the largest that it has seen.",
    writes: true,
    body: { kind: "json", schema: AcquireLock },
    responses: {
      200: { description: "It is held.", content: { "application/json": Acquired } },
      423: {
        description: "It was not free in time.",
        content: { "application/problem+json": Locked },
        headers: { "Retry-After": "Seconds, when it is known." },
      },
    },
    problems: [404, 408, 409, 413, 415, 507],
  },
  async ({ path, body, perform }) => {
    const { ttlMs: ttl, waitMs: wait, holder } = body;
    const { value, zxid } = await perform("acquireLock", {
      path,
      ttlMs: ttl,
      waitMs: wait,
      mode: modeOf("body", body),
      holder,
    });
    if (value.acquired) return json(200, { ...lockJSON(value.lock), ahead: value.ahead }, zxid);
    const { ahead, holders, retryAfterMs } = value;
    throw locked(path, ahead, holders, retryAfterMs);
  },
);

const renew = operation(
  {
    id: "renewLock",
    method: "PUT",
    resource: "locks",
    target: "below root",
    tag,
    summary: "Renew a lock",
    writes: true,
    headers: { [LOCK_HEADER]: lockId() },
    body: { kind: "json", schema: RenewLock, optional: true },
    responses: { 200: { description: "It is held on.", content: { "application/json": Lock } } },
    problems: [404, 408, 409, 413, 415],
  },
  async ({ path, headers, body, perform }) => {
    const lock = lockAt(path, headers[LOCK_HEADER]);
    const { value, zxid } = await perform("renewLock", { lock, ttlMs: body.ttlMs });
    return json(200, lockJSON(value.lock), zxid);
  },
);

const release = operation(
  {
    id: "releaseLock",
    method: "DELETE",
    resource: "locks",
    target: "below root",
    tag,
    summary: "Release a lock, or break it",
    description:
      "With `Edgekeeper-Lock` it is released; releasing what is gone already is no error. With `force=true` it is taken away from whoever holds it, which needs the permission admin.",
    writes: true,
    query: {
      force: described(z.optional(z.boolean()), "Take it away from its holders."),
      mode: mode(),
      permits: permits(),
    },
    headers: { [LOCK_HEADER]: z.optional(lockId()) },
    responses: {
      200: { description: "It is broken.", content: { "application/json": Broken } },
      204: { description: "It is not held by the caller any more." },
    },
    problems: [404, 409],
  },
  async ({ path, query, headers, perform }) => {
    const lock = headers[LOCK_HEADER];
    if ((query.force === true) === (lock !== undefined)) {
      const message = "the id of the lock, or else force=true";
      throw invalid({ in: "header", name: LOCK_HEADER, message });
    }
    if (lock === undefined) {
      const { value, zxid } = await perform("breakLock", { path, mode: modeOf("query", query) });
      return json(200, { broken: value.broken }, zxid);
    }
    const { zxid } = await perform("releaseLock", { lock: lockAt(path, lock) });
    return empty(204, zxid);
  },
);

const inspect = operation(
  {
    id: "inspectLock",
    method: "GET",
    resource: "locks",
    target: "below root",
    tag,
    summary: "See who holds a lock",
    writes: false,
    query: { mode: mode(), permits: permits() },
    responses: { 200: { description: "Who.", content: { "application/json": LockState } } },
    problems: [404],
  },
  async ({ path, query, perform }) => {
    const { value, zxid } = await perform("inspectLock", { path, mode: modeOf("query", query) });
    return json(200, value, zxid);
  },
);

export const locks = [acquire, renew, release, inspect];

/** The id of a lock. Whoever names another path has mixed something up. */
function lockAt(path: string, id: string): string {
  const found = decodeLockId(id)?.path;
  if (found === undefined || found === path) return id;
  throw invalid({ in: "header", name: LOCK_HEADER, message: `the id of a lock at ${found}` });
}

function modeOf(
  where: "body" | "query",
  {
    mode: name = "exclusive",
    permits: count,
  }: {
    readonly mode?: "exclusive" | "shared" | "semaphore" | undefined;
    readonly permits?: number | undefined;
  },
): LockMode {
  if ((name === "semaphore") !== (count !== undefined)) {
    throw invalid({ in: where, name: "permits", message: "of a semaphore, and of nothing else" });
  }
  return name === "semaphore" ? { permits: count ?? 1 } : name;
}

function lockJSON({ id, path, token, ttlMs: ttl, validityMs }: AcquiredLock): AcquiredLock {
  return { id, path, token, ttlMs: ttl, validityMs };
}

function locked(
  path: string,
  ahead: number,
  holders: readonly LockContender[],
  retryAfterMs: number | null,
): ProblemError {
  const seconds = retryAfterMs === null ? undefined : String(Math.ceil(retryAfterMs / 1_000));
  return problem("locked", `the lock is held: ${ahead} ahead in line`, {
    path,
    more: { ahead, holders, retryAfterMs },
    ...(seconds !== undefined && { headers: { "retry-after": seconds } }),
  });
}
