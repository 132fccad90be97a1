/**
 * Every difference between the servers that is meant to be, and that a stream can run into. Whatever is not explained here
 * is a finding. `docs/differences.md` has the whole list.
 */
import type { StepRecord } from "./player.ts";
import type { Entry } from "./slot.ts";
import type { RequestStep, Step } from "./steps.ts";

export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** Whether a step can bring it about. */
  readonly concerns: (step: Step | "end") => boolean;
  /** What was seen on one side, without what it is about. */
  readonly normalise: (record: StepRecord, step: Step | "end") => StepRecord;
}

export const differences: readonly Difference[] = [
  {
    name: "order of identities",
    reason: "`auth` in an ACL stands for a set of identities, and sets have no order",
    concerns: () => true,
    normalise: (record) => mapEntries(record, (entry) => ({ ...entry, text: entry.loose })),
  },
  {
    name: "wrong password",
    reason: "nobody should lose a connection to a guess; ZooKeeper disconnects the owner",
    concerns: (step) =>
      step !== "end" && step.do === "connect" && step.move === true && step.passwd !== undefined,
    normalise: (record, step) =>
      step !== "end" && step.do === "connect" ? without(record, step.s, "disconnected") : record,
  },
  {
    name: "null path in a multi",
    reason:
      "an error reply has no body, and tells the zxid that the request took; ZooKeeper takes one as well, and shows it with the next write",
    concerns: (step) => requestsOf(step).some(hasNullPath),
    normalise: (record) =>
      mapText(record, (text) => text.replace(/ zxid=\S+ err=-5( more=f{8}01f{8})?$/, " err=-5")),
  },
  {
    name: "null path in a multiRead",
    reason: "an error reply has no body; ZooKeeper's has the results before the null",
    concerns: (step) => requestsOf(step).some(({ op }) => op === "multiRead"),
    normalise: (record) => mapText(record, (text) => text.replace(/ err=-5 more=.*$/, " err=-5")),
  },
  {
    name: "null path of a create",
    reason: "is malformed, whatever else is wrong; ZooKeeper looks at the mode first",
    concerns: (step) =>
      requestsOf(step).some((request) => "flags" in request && request.path === null),
    normalise: (record) => mapText(record, (text) => text.replace(/ err=-[58]$/, " err=-5|-8")),
  },
  {
    name: "null path of a removeWatches",
    reason: "is malformed, as everywhere; ZooKeeper looks for such a watch",
    concerns: (step) =>
      requestsOf(step).some((request) => request.op === "removeWatches" && request.path === null),
    normalise: (record) =>
      mapText(record, (text) => text.replace(/ err=-(121|5)$/, " err=-121|-5")),
  },
  {
    name: "checkWatches of a relative path",
    reason: "nobody watches it; ZooKeeper fails over it while anybody watches anything recursively",
    concerns: (step) =>
      requestsOf(step).some((request) => request.op === "checkWatches" && isRelative(request.path)),
    normalise: (record) =>
      mapText(record, (text) => text.replace(/ err=-(121|5)$/, " err=-121|-5")),
  },
  {
    name: "characters beyond 16 bits",
    reason: "are written in UTF-8; ZooKeeper writes each half of a surrogate pair on its own",
    concerns: () => true,
    normalise: (record) => mapText(record, joinSurrogates),
  },
];

/**
 * Whether a request is a multi with a null path. It leaves a real server with a zxid that nothing shows until the next
 * write, so one has to follow at once.
 */
export function hasNullPath(request: RequestStep): boolean {
  return request.op === "multi" && request.ops.some((op) => "path" in op && op.path === null);
}

/**
 * Whether hard quotas may make requests that come together end differently: ZooKeeper looks at what was counted before all of
 * them, or, in a burst, before some; Edgekeeper counts op by op. What the tree is afterwards differs as well, so they are not sent.
 */
export function meetsQuota(requests: readonly RequestStep[]): boolean {
  const ops = requests.flatMap((request) => (request.op === "multi" ? request.ops : [request]));
  return ops.filter(({ op }) => COUNTED.has(op)).length > 1;
}

/**
 * The requests of a burst without those writes that come behind a setACL. ZooKeeper checks a write against the ACL from before
 * a setACL that is still on its way through its pipeline (`PrepRequestProcessor` notes the new version of the ACL there, and not
 * the ACL); how far it is, is a matter of timing. Edgekeeper checks against what the session has been promised.
 */
export function withoutACLRaces(requests: readonly RequestStep[]): readonly RequestStep[] {
  const at = requests.findIndex(({ op }) => op === "setACL");
  if (at < 0) return requests;
  return requests.filter(({ op }, index) => index <= at || !CHECKED.has(op));
}

/** The requests that are checked when they enter the pipeline. */
const CHECKED: ReadonlySet<RequestStep["op"]> = new Set([
  "create",
  "create2",
  "createContainer",
  "createTTL",
  "delete",
  "setData",
  "setACL",
  "multi",
]);

const COUNTED: ReadonlySet<RequestStep["op"]> = new Set([
  "create",
  "create2",
  "createContainer",
  "createTTL",
  "delete",
  "setData",
]);

function isRelative(path: string | null): boolean {
  return path !== null && path !== "" && !/^[/~@]/.test(path);
}

function requestsOf(step: Step | "end"): readonly RequestStep[] {
  if (step === "end") return [];
  if (step.do === "request") return [step.r];
  return step.do === "burst" ? step.rs : [];
}

function mapEntries(record: StepRecord, map: (entry: Entry) => Entry): StepRecord {
  const seen = [...record.seen].map(([slot, log]) => [slot, log.map(map)] as const);
  return { ...record, seen: new Map(seen) };
}

function mapText(record: StepRecord, map: (text: string) => string): StepRecord {
  return mapEntries(record, (entry) => ({ ...entry, text: map(entry.text) }));
}

/** The record as if a slot had not been told this. */
function without(record: StepRecord, slot: number, text: string): StepRecord {
  const log = record.seen.get(slot) ?? [];
  const at = log.findIndex((entry) => entry.text === text);
  if (at < 0) return record;
  return { ...record, seen: new Map([...record.seen, [slot, log.toSpliced(at, 1)]]) };
}

/** Bytes that are no UTF-8 show in hex: those that would be, but for their surrogate pairs, as the text that they are. */
export function joinSurrogates(text: string): string {
  return text.replaceAll(/0x((?:[0-9a-f]{2})+)/g, (whole, hex: string) => {
    const joined = hex.replaceAll(/eda([0-9a-f]{3})ed([b][0-9a-f]{3})/g, (_, high, low) =>
      Buffer.from(String.fromCharCode(surrogate(`eda${high}`), surrogate(`ed${low}`))).toString(
        "hex",
      ),
    );
    const bytes = Buffer.from(joined, "hex");
    return joined !== hex && Buffer.from(bytes.toString()).equals(bytes)
      ? JSON.stringify(bytes.toString())
      : whole;
  });
}

/** The UTF-16 unit that three bytes of hex stand for. */
function surrogate(hex: string): number {
  const [a = 0, b = 0, c = 0] = Buffer.from(hex, "hex");
  return ((a & 0x0f) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
}
