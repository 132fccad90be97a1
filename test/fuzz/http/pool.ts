/** What the server has given out so far, so that requests are about things that exist; and words for parameters that have a form of their own. */
import type { Random } from "../../process/support/random.ts";
import { type Answer, jsonIn } from "./checks.ts";
import type { Operation, Schema } from "./document.ts";

/** Of each thing the last so many are kept. */
const KEPT = 40;

const THINGS = ["session", "id", "claim", "etag", "next"] as const;
type Thing = (typeof THINGS)[number];

export class Pool {
  readonly #random: Random;
  readonly #things = new Map<Thing, { readonly value: string; readonly path: string }[]>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** Keeps what an answer gave. */
  learn(path: string, answer: Answer): void {
    const { etag } = answer.headers;
    if (etag !== undefined) this.#keep("etag", etag, path);
    if (answer.headers["content-type"] !== "application/json" || answer.status >= 300) return;
    const json = jsonIn(answer) as Record<string, unknown> | null;
    for (const thing of THINGS) {
      const value = json?.[thing];
      if (typeof value === "string" && thing !== "etag") this.#keep(thing, value, path);
    }
  }

  /** A path for an operation, without its first slash: mostly one that others of its kind use, too. */
  pathFor({ path }: Operation): string {
    const random = this.#random;
    const resource = /^\/v1\/\{namespace\}\/([a-z]+)/.exec(path)?.[1] ?? "";
    const isTree = ["znodes", "children", "acl", "count", "events"].includes(resource);
    // A queue and the claims of its items are at one place.
    const own = resource === "claims" ? "queues" : isTree ? "tree" : resource;
    const base = random.below(12) === 0 ? "locks" : own;
    const parts = [`${base}-${random.below(3)}`];
    if (isTree && random.below(2) === 0) parts.push(random.pick(["a", "b", "é", "a b"]) ?? "a");
    return parts.map(encodeURIComponent).join("/");
  }

  /** Undefined for what the schema says enough about. */
  valueOf(name: string, schema: Schema): unknown {
    const random = this.#random;
    switch (name) {
      case "namespace":
        return `fuzz-${random.below(2)}`;
      case "path":
        return `/tree-${random.below(3)}${random.pick(["", "", "/a", "/b"])}`;
      case "wait":
        return random.pick(["0", "1", "5ms", "20ms", "0s"]);
      case "waitMs":
        return random.below(20);
      case "since":
        return random.below(200);
      case "expected":
        return random.below(3);
      case "delta":
      case "value":
        return random.below(100) - 50;
      case "delayMs":
        return random.below(5);
      case "permits":
        return 1 + random.below(4);
      case "version":
        return random.below(4) - 1;
      case "data":
        return Buffer.from(random.pick(["", "x", "data"]) ?? "").toString("base64");
      case "perms":
        return random.pick(["cdrwa", "cdrwa", "r", "wa"]);
      case "scheme":
        return random.pick(["world", "world", "digest", "ip", "auth"]);
      case "id":
        return random.pick(["anyone", "anyone", "user:hash", "127.0.0.1", ""]);
      case "acl":
        return random.below(3) === 0
          ? undefined
          : [{ scheme: "world", id: "anyone", perms: "cdrwa" }];
      case "Edgekeeper-ACL":
        return random.pick(["world:anyone:cdrwa", "world:anyone:cdrwa,digest:u:h:r", "ip:::1:r"]);
      case "Edgekeeper-Session":
        return this.#given("session")?.value ?? "1.AAAAAAAAAAAAAAAAAAAAAA";
      case "Edgekeeper-Lock":
        return this.#given("id")?.value ?? "unknown";
      case "Edgekeeper-Claim":
        return this.#given("claim")?.value ?? "unknown";
      case "If-Match":
        return random.below(2) === 0 ? '"0"' : (this.#given("etag")?.value ?? "*");
      case "If-None-Match":
        return schema["enum"] === undefined ? (this.#given("etag")?.value ?? "*") : "*";
      case "after":
        return this.#given("next")?.value ?? "a";
      case "Idempotency-Key":
        return `key-${random.below(500)}`;
      case "Last-Event-ID":
        return String(random.below(200));
      case "Accept":
        return random.pick(["application/json", "*/*", "text/html, application/json;q=0.1"]);
      default:
        return undefined;
    }
  }

  /** The path at which the last of these locks, say, was given. */
  placeOf(thing: "id" | "claim", value: string): string | undefined {
    return this.#things.get(thing)?.find((one) => one.value === value)?.path;
  }

  #given(thing: Thing): { readonly value: string; readonly path: string } | undefined {
    return this.#random.pick(this.#things.get(thing) ?? []);
  }

  #keep(thing: Thing, value: string, path: string): void {
    const kept = this.#things.get(thing) ?? [];
    this.#things.set(thing, [...kept.slice(1 - KEPT), { value, path }]);
  }
}
