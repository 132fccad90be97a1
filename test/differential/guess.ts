/**
 * What a generator believes of the tree and the clients, good enough to aim at. It errs where ACLs, versions and quotas
 * decide, and knows the truth again after each sweep.
 */
import type { Acl, CreateStep, RequestStep } from "./steps.ts";

const RECENT_MAX = 8;
/** Names that make a path invalid, or that the runner resolves. */
// oxlint-disable-next-line no-control-regex -- Control characters are some of what makes it so.
const ODD = /\/$|\/\/|\/\.\.?(\/|$)|[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

interface GuessedZnode {
  /** The slot whose ephemeral it is. */
  readonly owner: number | undefined;
  readonly isOpen: boolean;
}

export class Guess {
  readonly #znodes = new Map<string, GuessedZnode>([["~", { owner: undefined, isOpen: true }]]);
  readonly #isConnected: boolean[];
  readonly #isSuper: boolean[];
  #recent = 0;
  #list: readonly string[] | undefined;

  constructor(sessions: number) {
    this.#isConnected = Array.from({ length: sessions }, () => false);
    this.#isSuper = Array.from({ length: sessions }, () => false);
  }

  /** Paths that are probably there, the root first. */
  get paths(): readonly string[] {
    return (this.#list ??= [...this.#znodes.keys()]);
  }

  /** How many sequential znodes can be named. */
  get recent(): number {
    return this.#recent;
  }

  isConnected(s: number): boolean {
    return this.#isConnected[s] === true;
  }

  isEphemeral(path: string): boolean {
    return this.#znodes.get(path)?.owner !== undefined;
  }

  hasChildren(path: string): boolean {
    return this.paths.some((other) => other.startsWith(`${path}/`));
  }

  connected(s: number): void {
    this.#isConnected[s] = true;
    this.#isSuper[s] = false;
  }

  dropped(s: number): void {
    this.#isConnected[s] = false;
  }

  restarted(): void {
    this.#isConnected.fill(false);
  }

  /** A session has ended, and its ephemerals with it. */
  ended(s: number): void {
    this.#isConnected[s] = false;
    for (const [path, { owner }] of this.#znodes) if (owner === s) this.#remove(path);
  }

  cleared(): void {
    this.#znodes.clear();
    this.#znodes.set("~", { owner: undefined, isOpen: true });
    this.#list = undefined;
  }

  /** A request of a slot is on its way. */
  sent(s: number, request: RequestStep): void {
    if (!this.isConnected(s)) return;
    switch (request.op) {
      case "create":
      case "create2":
      case "createContainer":
      case "createTTL":
      case "delete":
        if (this.#mayWork(s, request)) this.#apply(s, request);
        break;
      case "setACL": {
        const known = request.path === null ? undefined : this.#znodes.get(request.path);
        if (known === undefined || request.path === null || request.acl === null) return;
        this.#znodes.set(request.path, { ...known, isOpen: isOpen(request.acl) });
        break;
      }
      case "multi":
        if (request.ops.every((op) => this.#mayWork(s, op))) {
          for (const op of request.ops) this.#apply(s, op);
        }
        break;
      case "auth":
        this.#isSuper[s] ||= request.scheme === "digest" && request.credential === "super:test";
        break;
      case "closeSession":
        this.ended(s);
        break;
      default:
    }
  }

  #mayWork(s: number, request: RequestStep): boolean {
    switch (request.op) {
      case "create":
      case "create2":
      case "createContainer":
      case "createTTL":
        return this.#mayCreate(s, request);
      case "delete": {
        const { path } = request;
        if (path === null || !this.#znodes.has(path) || this.hasChildren(path)) return false;
        return this.#isOpenTo(s, parentOf(path)) && request.version !== "next";
      }
      case "setData":
        return (
          request.path !== null &&
          this.#znodes.has(request.path) &&
          this.#isOpenTo(s, request.path) &&
          (request.version === -1 || request.version === "right")
        );
      default:
        return false;
    }
  }

  #mayCreate(s: number, { op, path, acl, flags, ttl }: CreateStep): boolean {
    if (path === null || acl === null || acl.length === 0 || ODD.test(path)) return false;
    const hasTTL = flags === 5 || flags === 6;
    if (hasTTL !== (op === "createTTL") || flags < 0 || flags > 6) return false;
    if (hasTTL && !((ttl ?? 0) > 0 && (ttl ?? 0) < 2 ** 40)) return false;
    if (flags !== 2 && flags !== 3 && flags !== 6 && this.#znodes.has(path)) return false;
    const parent = parentOf(path);
    return this.#znodes.has(parent) && !this.isEphemeral(parent) && this.#isOpenTo(s, parent);
  }

  #apply(s: number, request: RequestStep): void {
    if ("flags" in request && request.path !== null) {
      const { flags, path } = request;
      if (flags === 2 || flags === 3 || flags === 6) {
        this.#recent = Math.min(this.#recent + 1, RECENT_MAX);
        return;
      }
      const owner = flags === 1 && request.op !== "createContainer" ? s : undefined;
      this.#znodes.set(path, { owner, isOpen: isOpen(request.acl) });
      this.#list = undefined;
    } else if (request.op === "delete" && request.path !== null) {
      this.#remove(request.path);
    }
  }

  #isOpenTo(s: number, path: string): boolean {
    return this.#isSuper[s] === true || this.#znodes.get(path)?.isOpen === true;
  }

  #remove(path: string): void {
    this.#znodes.delete(path);
    this.#list = undefined;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

function isOpen(acl: Acl): boolean {
  return acl?.some(({ perms, scheme }) => scheme === "world" && perms === 31) === true;
}
