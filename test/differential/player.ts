/**
 * Plays the steps of a stream on one server, one after the other, and records what every client saw during each. It knows
 * nothing of the other server: the same steps on the same state must give the same records.
 */
import type { Address } from "./connection.ts";
import { hasNullPath, meetsQuota, withoutACLRaces } from "./differences.ts";
import { isFatal } from "./fatal-requests.ts";
import { Naming } from "./naming.ts";
import type { Observer } from "./observer.ts";
import type { ReplyFacts, Versions } from "./reply-text.ts";
import { bodyOf, type Lookup, typeOf } from "./request-bytes.ts";
import { type Entry, Slot } from "./slot.ts";
import type { ConnectStep, RequestOp, RequestStep, Step, Version } from "./steps.ts";

/** What was seen during one step. */
export interface StepRecord {
  /** Whether the step meant nothing where it stood. */
  readonly isSkipped: boolean;
  /** By slot; slots that saw nothing are left out. */
  readonly seen: ReadonlyMap<number, readonly Entry[]>;
  /** What pings were answered at the end of the step; one text when all clients agree. */
  readonly flushed: string;
}

export interface PlayerOptions {
  readonly address: Address;
  readonly observer: Observer;
  /** The stream's own znode, such as `/d0001`. */
  readonly root: string;
  readonly sessions: number;
  /** Whether hard quotas are in force. */
  readonly enforceQuota: boolean;
  /** Kills the server and starts it again; returns where it is now. */
  readonly restart: () => Promise<Address>;
}

/** Requests that can make no event on another client, nor end the connection. */
const HARMLESS: ReadonlySet<RequestOp> = new Set<RequestOp>([
  "exists",
  "getData",
  "getChildren",
  "getChildren2",
  "getACL",
  "getAllChildrenNumber",
  "getEphemerals",
  "whoAmI",
  "sync",
  "ping",
  "checkWatches",
  "multiRead",
]);
/** Steps between two flushes, whatever they were. */
const FLUSH_EVERY = 8;
/** The longest that any server is asked for; both cut it to theirs. */
const TIMEOUT_MS = 60_000;
const IDLE_SHARE_MAX = 0.3;
const EXPIRY_MS_MAX = 20_000;
const EXPIRY_POLL_MS = 25;
const RECENT_MAX = 8;
/** Answers after which a server disconnects: unknown op, failed auth. */
const REFUSALS: ReadonlySet<number> = new Set([-6, -115]);
const REFUSED_MS = 500;
const QUOTA = "/zookeeper/quota";

export class Player implements Lookup {
  readonly #options: PlayerOptions;
  #address: Address;
  readonly #naming: Naming;
  readonly #slots: readonly Slot[];
  readonly #versions = new Map<string, Versions>();
  readonly #recent: string[] = [];
  #active: Slot;
  #sinceFlush = 0;

  private constructor(options: PlayerOptions, base: bigint) {
    this.#options = options;
    this.#address = options.address;
    this.#naming = new Naming(base);
    this.#slots = Array.from({ length: options.sessions }, (_, index) => this.#newSlot(index));
    this.#active = this.#newSlot(-1);
  }

  /** Creates the stream's root. */
  static async start(options: PlayerOptions): Promise<Player> {
    const base = await options.observer.lastZxid();
    await options.observer.createRoot(options.root);
    return new Player(options, base);
  }

  get naming(): Naming {
    return this.#naming;
  }

  /** Plays one step and returns what was seen. */
  async play(step: Step): Promise<StepRecord> {
    await this.#keepAlive();
    const isPlayed = await this.#do(step);
    const flushed = isPlayed ? await this.#flushAfter(step) : "";
    const seen = new Map<number, readonly Entry[]>();
    for (const slot of this.#slots) {
      const log = slot.takeLog();
      if (log.length > 0) seen.set(slot.index, log);
    }
    return { isSkipped: !isPlayed, seen, flushed };
  }

  /** Deletes all that is below the root and the root, and all that is below the quotas; what is seen is a record too. */
  async finish(): Promise<StepRecord> {
    await this.#options.observer.deleteAll(this.#options.root);
    const flushed = await this.#flush();
    const seen = new Map(this.#slots.map((slot) => [slot.index, slot.takeLog()]));
    return { isSkipped: false, seen, flushed };
  }

  /** Ends every session that is left, in order of their slots. */
  async closeSessions(): Promise<void> {
    for (const slot of this.#slots) {
      if (!slot.hasSession) continue;
      if (!slot.isConnected) {
        const result = await slot.connect(this.#fields(slot, { do: "connect", s: slot.index }));
        if (result !== "connected") continue;
      }
      await this.#request(slot, [{ op: "closeSession" }]);
    }
  }

  path(path: string): string {
    const { root } = this.#options;
    if (path.startsWith("~")) return root + path.slice(1);
    if (path.startsWith(`${QUOTA}~`)) return QUOTA + root + path.slice(QUOTA.length + 1);
    const recent = /^@(\d+)(.*)$/s.exec(path);
    if (recent === null) return path;
    const at = this.#recent[Number(recent[1])] ?? `${root}/none`;
    return at + (recent[2] ?? "");
  }

  version(path: string | null, version: Version, ofAcl: boolean): number {
    if (typeof version === "number") return version;
    const known = path === null ? undefined : this.#versions.get(this.path(path));
    const right = (ofAcl ? known?.aversion : known?.version) ?? 0;
    return version === "right" ? right : version === "next" ? right + 1 : right - 1;
  }

  zxid(ago: number): bigint {
    return this.#active.lastZxid - BigInt(ago);
  }

  #newSlot(index: number): Slot {
    return new Slot(index, this.#address, this.#naming);
  }

  /** Whether the step meant anything. */
  async #do(step: Step): Promise<boolean> {
    switch (step.do) {
      case "clear":
        await this.#options.observer.deleteBelow(this.#options.root);
        await this.#options.observer.createRoot(this.#options.root); // In case that it is gone.
        return true;
      case "restart":
        await this.#restart();
        return true;
      default:
    }
    const slot = this.#slots[step.s];
    if (slot === undefined) return false;
    switch (step.do) {
      case "request":
        return await this.#request(slot, [step.r]);
      case "burst":
        return await this.#request(slot, step.rs);
      case "connect":
        return await this.#connect(slot, step);
      case "drop":
        if (!slot.isConnected) return false;
        await slot.drop();
        return true;
      case "expire":
        return await this.#expire(slot, step.held);
    }
  }

  /** Sends requests in one piece and waits until all are answered, or the connection has ended. */
  async #request(slot: Slot, requests: readonly RequestStep[]): Promise<boolean> {
    const { connection } = slot;
    if (connection === undefined || !connection.isOpen) return false;
    this.#active = slot;
    const sent = withoutACLRaces(requests).filter(
      (request) =>
        !isFatal(request, (path) => this.path(path)) &&
        !(requests.length > 1 && hasNullPath(request)),
    );
    if (sent.length === 0) return false;
    if (this.#options.enforceQuota && meetsQuota(sent)) return false;
    const frames = sent.map((request) => slot.frame(typeOf(request), bodyOf(request, this)));
    let isRefused = false;
    const answers = sent.map((request) =>
      slot.answer(typeOf(request), (facts, err) => {
        if (err === 0) this.#learn(request, facts);
        isRefused ||= REFUSALS.has(err);
      }),
    );
    connection.send(Buffer.concat(frames), ...answers);
    if (!(await connection.settled())) {
      slot.note("no answer");
      await slot.drop();
    }
    // Otherwise a ping might be answered in between, or might not.
    if (isRefused) await connection.ended(REFUSED_MS);
    if (sent.some(hasNullPath)) await this.#options.observer.writeNothing();
    const closes = sent.some((request) => request.op === "closeSession");
    if (closes) {
      if (!(await connection.ended())) slot.note("closed, but not disconnected");
      slot.forget();
    }
    return true;
  }

  #learn(request: RequestStep, facts: readonly ReplyFacts[]): void {
    if (request.op === "multi") {
      for (const [index, op] of request.ops.entries()) {
        this.#learnOne(op, facts[index] ?? {});
      }
    } else {
      for (const fact of facts) this.#learnOne(request, fact);
    }
  }

  #learnOne(request: RequestStep, { path, versions }: ReplyFacts): void {
    if (!("path" in request) || request.path === null) return;
    const at = path ?? this.path(request.path);
    if (path !== undefined && "flags" in request && path !== this.path(request.path)) {
      this.#recent.unshift(path);
      this.#recent.length = Math.min(this.#recent.length, RECENT_MAX);
    }
    if (versions !== undefined) this.#versions.set(at, versions);
  }

  async #connect(slot: Slot, step: ConnectStep): Promise<boolean> {
    if (slot.isConnected && step.move !== true) return false;
    const earlier = slot.isConnected ? slot.connection : undefined;
    // Two connections have no common order: that one ended is noted below.
    if (earlier !== undefined) earlier.onEnd = () => {};
    const result = await slot.connect(this.#fields(slot, step));
    if (earlier !== undefined) await this.#leave(slot, earlier, result);
    return true;
  }

  /** A client that came a second time: its first connection may have been ended over it. */
  async #leave(
    slot: Slot,
    earlier: NonNullable<Slot["connection"]>,
    result: string,
  ): Promise<void> {
    if (result === "connected") {
      slot.note((await earlier.ended()) ? "disconnected" : "both connected");
      earlier.destroy();
      return;
    }
    // Whether a guess costs the owner its connection is one of the differences; both go on without.
    if (!(await slot.flush(() => {}))) slot.note("no answer to a ping");
    if (!earlier.isOpen) slot.note("disconnected");
    await slot.drop();
  }

  #fields(slot: Slot, step: ConnectStep): Parameters<Slot["connect"]>[0] {
    const passwds = {
      wrong: Buffer.alloc(16, 7),
      null: null,
      short: slot.passwd.subarray(0, 15),
    };
    const last = slot.lastZxid;
    return {
      sessionId: step.foreign === true ? 0x1234_5678_9abcn : slot.sessionId,
      passwd: step.passwd === undefined ? slot.passwd : passwds[step.passwd],
      timeoutMs: step.timeout ?? TIMEOUT_MS,
      lastZxidSeen: step.seen === "last" ? last : step.seen === "ahead" ? last + 1_000_000n : 0n,
      isOld: step.old === true,
    };
  }

  /** Makes the session's timeout the shortest there is and waits until it is over. */
  async #expire(slot: Slot, isHeld: boolean): Promise<boolean> {
    if (!slot.hasSession) return false;
    const { observer } = this.#options;
    const before = await observer.lastZxid();
    slot.connection?.destroy();
    const fields = this.#fields(slot, { do: "connect", s: slot.index, timeout: 1 });
    const result = await slot.connect(fields);
    if (result !== "connected") return true;
    const { connection } = slot;
    if (!isHeld) connection?.destroy();
    const deadline = performance.now() + EXPIRY_MS_MAX;
    while ((await observer.lastZxid()) === before) {
      if (performance.now() > deadline) {
        slot.note("not expired");
        break;
      }
      await this.#keepAlive(slot);
      await new Promise((resolve) => setTimeout(resolve, EXPIRY_POLL_MS));
    }
    if (isHeld && (await connection?.ended()) === false) slot.note("expired, but not disconnected");
    slot.forget();
    return true;
  }

  async #restart(): Promise<void> {
    for (const slot of this.#slots) {
      slot.connection?.destroy();
      slot.connection = undefined;
    }
    this.#address = await this.#options.restart();
    for (const slot of this.#slots) slot.address = this.#address;
    await this.#options.observer.reconnect(this.#address);
    for (const slot of this.#slots) await slot.touch();
  }

  /** Keeps idle sessions from expiring, but for one. */
  async #keepAlive(except?: Slot): Promise<void> {
    const now = performance.now();
    for (const slot of this.#slots) {
      if (!slot.hasSession || slot === except) continue;
      const patience = slot.timeoutMs * IDLE_SHARE_MAX;
      const { connection } = slot;
      if (connection?.isOpen === true) {
        if (now - connection.sentMs > patience) await slot.flush(() => {});
      } else if (now - slot.droppedMs > patience) {
        await slot.touch();
      }
    }
    await this.#options.observer.keepAlive(now);
  }

  async #flushAfter(step: Step): Promise<string> {
    this.#sinceFlush += 1;
    const isHarmless = step.do === "request" && HARMLESS.has(step.r.op) && step.r.cut === undefined;
    return isHarmless && this.#sinceFlush < FLUSH_EVERY ? "" : await this.#flush();
  }

  async #flush(): Promise<string> {
    this.#sinceFlush = 0;
    const answers = new Set<string>();
    await Promise.all(
      this.#slots.map(async (slot) => {
        if (!(await slot.flush((text) => answers.add(text)))) {
          slot.note("no answer to a ping");
          await slot.drop();
        }
      }),
    );
    return [...answers].join(", ");
  }
}
