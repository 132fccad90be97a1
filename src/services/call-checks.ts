/**
 * What the parameters of each call must be.
 */
import { isIdempotencyKey } from "../protocol/idempotency-key.ts";
import { type CallName, type Caller, CREATE_MODES } from "./call.ts";
import {
  acl,
  bool,
  bytes,
  type Check,
  type Checks,
  checkParameters,
  createdPath,
  integer,
  invalid,
  isRecord,
  oneOf,
  optional,
  type Parameters,
  path,
  pathBelowRoot,
  session,
  text,
  ttlMs,
  version,
  waitMs,
} from "./parameters.ts";

const PAGE_MAX = 10_000;
const HOLDER_LENGTH_MAX = 256;
const PERMITS_MAX = 2 ** 31 - 1;
const OPS_MAX = 1_000;
const ID_LENGTH_MAX = 16_384;
/** As ZooKeeper's, which has 40 bits for it. */
const ZNODE_TTL_MS_MAX = 2 ** 40 - 1;
const DELAY_MS_MAX = 365 * 86_400_000;
const PRIORITY_MAX = 999;

const createMode = oneOf(...CREATE_MODES);
const exactInteger = integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const zxid = integer(0, Number.MAX_SAFE_INTEGER);
const id = text(ID_LENGTH_MAX);

const createChecks: Checks = {
  path: createdPath,
  data: optional(bytes),
  mode: optional(createMode),
  ttlMs: optional(integer(1, ZNODE_TTL_MS_MAX)),
  acl: optional(acl),
};

const opChecks: { readonly [type: string]: Checks } = {
  create: createChecks,
  setData: { path, data: optional(bytes), version: optional(version) },
  delete: { path, version: optional(version) },
  check: { path, version: optional(version) },
};

const ops: Check = (parameters, name) => {
  const list = parameters[name];
  if (!Array.isArray(list) || list.length > OPS_MAX) {
    throw invalid(`${name} must be a list of at most ${OPS_MAX} operations`);
  }
  list.forEach((op: unknown, index) => {
    const type = isRecord(op) ? op.type : undefined;
    const checks =
      typeof type === "string" && Object.hasOwn(opChecks, type) ? opChecks[type] : undefined;
    if (checks === undefined) throw invalid(`${name}[${index}] is of no known type`);
    checkParameters(op as Parameters, checks);
  });
};

const lockMode: Check = (parameters, name) => {
  const mode = parameters[name];
  if (isRecord(mode)) integer(1, PERMITS_MAX)(mode, "permits");
  else oneOf("exclusive", "shared")(parameters, name);
};

const CHECKS: { readonly [N in CallName]: Checks } = {
  getData: { path },
  exists: { path },
  getChildren: {
    path,
    limit: optional(integer(1, PAGE_MAX)),
    after: optional(text(ID_LENGTH_MAX)),
    withStats: optional(bool),
  },
  countChildren: { path },
  create: { ...createChecks, session: optional(session), parents: optional(bool) },
  put: {
    path,
    data: optional(bytes),
    version: optional(version),
    only: optional(oneOf("create", "set")),
    parents: optional(bool),
  },
  delete: { path, version: optional(version) },
  getACL: { path },
  setACL: { path, acl, version: optional(version) },
  transaction: { ops, session: optional(session) },
  awaitChange: { path, of: oneOf("data", "children"), since: zxid, waitMs },
  openSession: { ttlMs },
  renewSession: { session },
  closeSession: { session },
  acquireLock: {
    path: pathBelowRoot,
    ttlMs,
    waitMs: optional(waitMs),
    mode: optional(lockMode),
    holder: optional(text(HOLDER_LENGTH_MAX)),
  },
  renewLock: { lock: id, ttlMs: optional(ttlMs) },
  releaseLock: { lock: id },
  inspectLock: { path: pathBelowRoot, mode: optional(lockMode) },
  breakLock: { path: pathBelowRoot, mode: optional(lockMode) },
  getCounter: { path: pathBelowRoot },
  addToCounter: { path: pathBelowRoot, delta: exactInteger },
  setCounter: { path: pathBelowRoot, value: exactInteger, expected: optional(exactInteger) },
  raiseBarrier: { path: pathBelowRoot },
  lowerBarrier: { path: pathBelowRoot },
  awaitBarrier: { path: pathBelowRoot, waitMs },
  putItem: {
    path: pathBelowRoot,
    data: bytes,
    priority: optional(integer(0, PRIORITY_MAX)),
    delayMs: optional(integer(0, DELAY_MS_MAX)),
  },
  takeItem: { path: pathBelowRoot, ttlMs, waitMs: optional(waitMs) },
  completeItem: { claim: id },
  returnItem: { claim: id },
};

/** @throws CallFailure naming what is wrong with a call, or with what is said of who asks. */
export function checkCall({ idempotencyKey }: Caller, call: unknown): void {
  const name = isRecord(call) ? call.name : undefined;
  if (typeof name !== "string" || !Object.hasOwn(CHECKS, name)) {
    throw invalid(`no call ${String(name)}`);
  }
  checkParameters(call as Parameters, CHECKS[name as CallName]);
  if (idempotencyKey === undefined) return;
  if (typeof idempotencyKey !== "string" || !isIdempotencyKey(idempotencyKey)) {
    throw invalid("an idempotency key has 1 to 128 printable characters of ASCII");
  }
}
