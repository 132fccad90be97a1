/** Who somebody is, and what that allows, as naively as it can be said. */
import { createHash } from "node:crypto";
import type { ACL, Id } from "../../src/protocol/records.ts";

/** Of the password "test". */
export const SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU=";

/** `user:base64(sha1(user:password))` of `user:password`. */
export function digestOf(credential: string): string {
  const hash = createHash("sha1").update(credential, "utf8").digest("base64");
  return `${credential.replace(/:.*/s, "")}:${hash}`;
}

/** Whom a credential of scheme `digest` proves somebody to be. */
export function provenBy(credential: string): Id[] {
  const id = digestOf(credential);
  const own = { scheme: "digest", id };
  return id === SUPER_DIGEST ? [{ scheme: "super", id: "" }, own] : [own];
}

/** What whoAmI says of somebody. */
export function described({ scheme, id }: Id): { authScheme: string; user: string } {
  const users: Record<string, string> = { ip: id, digest: id.replace(/:.*/s, "") };
  return { authScheme: scheme, user: users[scheme] ?? "" };
}

/** An entry as somebody sees it who may not change it. */
export function masked(entry: ACL): ACL {
  if (entry.id.scheme !== "digest") return entry;
  return { perms: entry.perms, id: { scheme: "digest", id: `${entry.id.id.split(":")[0]}:x` } };
}

/** Whether an ACL lets somebody do something. */
export function may(who: readonly Id[], list: readonly ACL[], perm: number): boolean {
  if (who.some((own) => own.scheme === "super")) return true;
  return list.some(({ perms, id }) => {
    if ((perms & perm) === 0) return false;
    if (id.scheme === "world") return true;
    return who.some((own) => {
      if (own.scheme !== id.scheme) return false;
      if (own.scheme === "digest") return own.id === id.id;
      const [address = "", bits = "32"] = id.id.split("/");
      return binary(own.id).slice(0, Number(bits)) === binary(address).slice(0, Number(bits));
    });
  });
}

/** An IPv4 address as 32 zeros and ones. */
function binary(address: string): string {
  const bytes = address.split(".");
  return bytes.map((byte) => Number(byte).toString(2).padStart(8, "0")).join("");
}

/** What becomes of the list of a create or a setACL; undefined when it is refused. */
export function accepted(
  list: readonly ACL[] | null,
  who: readonly Id[],
): readonly ACL[] | undefined {
  if (list === null || list.length === 0) return undefined;
  const unique = list.filter(
    (entry, i) => list.findIndex((e) => JSON.stringify(e) === JSON.stringify(entry)) === i,
  );
  const fixed: ACL[] = [];
  for (const entry of unique) {
    const { scheme, id } = entry.id;
    const isDigest = scheme === "digest" && /^[^:]*:[^:]+:*$/.test(id);
    const isAddress = scheme === "ip" && /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(id);
    if ((scheme === "world" && id === "anyone") || isDigest || isAddress) {
      fixed.push(entry);
    } else if (scheme === "auth") {
      const own = who.filter((known) => known.scheme === "digest");
      if (own.length === 0) return undefined;
      fixed.push(...own.map((known) => ({ perms: entry.perms, id: known })));
    } else {
      return undefined;
    }
  }
  return fixed;
}
