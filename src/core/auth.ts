/**
 * Authentication schemes `digest` and `ip` (`DigestAuthenticationProvider`, `IPAuthenticationProvider`), and `jwt`, which
 * is ours: the subject of a token.
 */
import type { Id } from "../protocol/records.ts";
import type { AuthRequest } from "../protocol/requests.ts";

/** SHA-1 and Base64 come from the runtime: the core has no I/O and no cryptography of its own. */
export type Sha1Base64 = (text: string) => string;

/** Identity that every connection has from the start: the address that it comes from. */
export function addressId(address: string): Id {
  return { scheme: "ip", id: address };
}

/** Identity of whoever has a token of that subject. */
export function subjectId(subject: string): Id {
  return { scheme: JWT_SCHEME, id: subject };
}

/** Scheme of subjects in ACLs, and of the credentials that prove them. */
const JWT_SCHEME = "jwt";

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });

/** A credential as text; null stays null. */
export function credentialOf({ auth }: AuthRequest): string | null {
  return auth === null ? null : decoder.decode(auth);
}

/**
 * The token that an auth presents, of whatever kind it is; undefined when it is about something else. The scheme is that of
 * the identity, or what HTTP calls it.
 */
export function presentedToken(request: AuthRequest): string | undefined {
  if (request.scheme !== JWT_SCHEME && request.scheme !== "bearer") return undefined;
  return credentialOf(request) ?? "";
}

/** Identity of whoever knows the super user's password: no ACL stops it. */
export const SUPER_ID: Id = { scheme: "super", id: "" };

/**
 * The identities that a credential proves; undefined when the scheme is unknown or cannot be claimed.
 * For `digest` the credential is `user:password` in clear, and the identity `user:base64(sha1(user:password))`. The one that
 * equals `superDigest` is the super user's.
 */
export function authenticate(
  scheme: string,
  credential: string | null,
  ownAddress: string,
  sha1Base64: Sha1Base64,
  superDigest: string | undefined,
): readonly Id[] | undefined {
  if (scheme === "ip") return [addressId(ownAddress)];
  if (scheme !== "digest" || credential === null) return undefined;
  // As in ZooKeeper: the name ends at the first colon, and the whole credential is hashed.
  const [name = ""] = credential.split(":");
  const own = { scheme, id: `${name}:${sha1Base64(credential)}` };
  return own.id === superDigest ? [SUPER_ID, own] : [own];
}

/** The name of the user behind an identity, as whoAmI tells it. */
export function userOf(id: Id): string {
  // Everything else that an identity says may be a secret.
  if (id.scheme === "digest") return id.id.split(":")[0] ?? "";
  return id.scheme === "ip" || id.scheme === JWT_SCHEME ? id.id : "";
}

/** Whether an identity of this scheme was proven by a credential, so that `auth` in an ACL may stand for it. */
export function isAuthenticating(scheme: string): boolean {
  return scheme === "digest" || scheme === JWT_SCHEME;
}

/** Whether an ACL may name this identity. */
export function isValidId(id: Id): boolean {
  if (id.scheme === "digest") return javaSplit(id.id).length === 2;
  if (id.scheme === "ip") return parseRange(id.id) !== undefined;
  return id.scheme === JWT_SCHEME && id.id !== "";
}

/** Whether a client's identity is the one, or in the range, that an ACL names. Both are of `scheme`. */
export function matchesId(scheme: string, own: string, wanted: string): boolean {
  if (isAuthenticating(scheme)) return own === wanted;
  const range = parseRange(wanted);
  const address = parseIPv4(own);
  if (range === undefined || address === undefined) return false;
  const mask = range.bits === 0 ? 0 : (-1 << (32 - range.bits)) >>> 0;
  return (address & mask) >>> 0 === (range.address & mask) >>> 0;
}

/** Splits at colons as Java's `String.split` does: trailing empty parts do not count. */
function javaSplit(text: string): string[] {
  const parts = text.split(":");
  while (parts.length > 1 && parts.at(-1) === "") parts.pop();
  return parts;
}

function parseRange(text: string): { address: number; bits: number } | undefined {
  const [addressText = "", bitsText, ...more] = text.split("/");
  const address = parseIPv4(addressText);
  if (address === undefined || more.length > 0) return undefined;
  if (bitsText === undefined) return { address, bits: 32 };
  const bits = Number(bitsText);
  if (!/^\d{1,2}$/.test(bitsText) || bits > 32) return undefined;
  return { address, bits };
}

function parseIPv4(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4) return undefined;
  let address = 0;
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined;
    address = address * 256 + Number(part);
  }
  return address;
}
