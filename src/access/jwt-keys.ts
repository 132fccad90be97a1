/**
 * Keys that JWTs are verified with. Each says what it is, and so which algorithms its tokens may have: what a token says
 * about that is only compared. `none` is nobody's.
 */
import { createRemoteJWKSet, type CryptoKey, importJWK, importSPKI, type JWK } from "jose";
import { readScope, type Scope } from "./scope.ts";
import { flagAt, listAt, SettingsError, tableAt, textAt, textsAt } from "./settings.ts";

/** Algorithms of public keys. With a secret there is only HS256. */
const PUBLIC_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;

/** Below that a secret can be guessed from one token (RFC 7518, 3.2). */
const SECRET_BYTES_MIN = 32;

export interface JWTKey {
  readonly algorithms: readonly string[];
  readonly verifiesWith: Uint8Array | CryptoKey | RemoteKeys;
  readonly issuer: string | undefined;
  readonly audience: readonly string[] | undefined;
  readonly requireExpiry: boolean;
  /** The claim that holds a token's scope. */
  readonly claim: string;
  /** What its tokens may have at most, and have when they say nothing. */
  readonly grants: Scope | undefined;
}

const FIELDS = [
  "secret",
  "publicKey",
  "jwksUrl",
  "algorithm",
  "issuer",
  "audience",
  "requireExpiry",
  "claim",
  "grants",
] as const;

export async function readJWTKeys(where: string, value: unknown): Promise<readonly JWTKey[]> {
  const items = listAt(where, value);
  return Promise.all(items.map((item, index) => readJWTKey(`${where}[${index}]`, item)));
}

async function readJWTKey(where: string, value: unknown): Promise<JWTKey> {
  const table = tableAt(where, value, FIELDS);
  const { issuer, audience, requireExpiry, claim, grants } = table;
  return {
    ...(await readKey(where, table)),
    issuer: issuer === undefined ? undefined : textAt(`${where}.issuer`, issuer),
    audience: audience === undefined ? undefined : readAudience(`${where}.audience`, audience),
    requireExpiry:
      requireExpiry === undefined ? true : flagAt(`${where}.requireExpiry`, requireExpiry),
    claim: claim === undefined ? "edgekeeper" : textAt(`${where}.claim`, claim),
    grants: grants === undefined ? undefined : readScope(`${where}.grants`, grants, "any"),
  };
}

function readAudience(where: string, value: unknown): readonly string[] {
  return typeof value === "string" ? [textAt(where, value)] : textsAt(where, value);
}

type Key = Pick<JWTKey, "algorithms" | "verifiesWith">;

async function readKey(where: string, table: Record<string, unknown>): Promise<Key> {
  const { secret, publicKey, jwksUrl, algorithm } = table;
  const given = [secret, publicKey, jwksUrl].filter((source) => source !== undefined);
  if (given.length !== 1) {
    throw new SettingsError(`${where} must have one of secret, publicKey and jwksUrl`);
  }
  if (secret !== undefined) {
    checkAlgorithm(where, algorithm, ["HS256"]);
    return { algorithms: ["HS256"], verifiesWith: secretAt(`${where}.secret`, secret) };
  }
  if (jwksUrl !== undefined) {
    checkAlgorithm(where, algorithm, PUBLIC_ALGORITHMS);
    const algorithms = algorithm === undefined ? PUBLIC_ALGORITHMS : [algorithm as string];
    return { algorithms, verifiesWith: remoteKeys(urlAt(`${where}.jwksUrl`, jwksUrl)) };
  }
  const alg = algorithm ?? algorithmOf(publicKey);
  if (alg === undefined) throw new SettingsError(`${where} must have an algorithm`);
  checkAlgorithm(where, alg, PUBLIC_ALGORITHMS);
  return {
    algorithms: [alg as string],
    verifiesWith: await importPublicKey(`${where}.publicKey`, publicKey, alg as string),
  };
}

function checkAlgorithm(where: string, algorithm: unknown, allowed: readonly string[]): void {
  if (algorithm === undefined || allowed.includes(algorithm as string)) return;
  throw new SettingsError(`${where}.algorithm must be ${allowed.join(" or ")}`);
}

function secretAt(where: string, value: unknown): Uint8Array {
  const bytes = new TextEncoder().encode(textAt(where, value));
  if (bytes.length >= SECRET_BYTES_MIN) return bytes;
  throw new SettingsError(`${where} must have ${SECRET_BYTES_MIN} bytes or more`);
}

function urlAt(where: string, value: unknown): URL {
  const url = URL.parse(textAt(where, value));
  // What comes over http could come from anybody; on one's own machine there is nobody else.
  const isLocal = url?.hostname === "127.0.0.1" || url?.hostname === "localhost";
  if (url !== null && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    return url;
  }
  throw new SettingsError(`${where} must be a URL with https:`);
}

type RemoteKeys = ReturnType<typeof createRemoteJWKSet>;

/** Fetched sets of keys, by their URLs: they are kept for ten minutes, whoever asks. */
const remoteKeySets = new Map<string, RemoteKeys>();

function remoteKeys(url: URL): RemoteKeys {
  const known = remoteKeySets.get(url.href);
  if (known !== undefined) return known;
  const keys = createRemoteJWKSet(url);
  remoteKeySets.set(url.href, keys);
  return keys;
}

/** The algorithm that a JWK's kind leaves no choice about; a PEM does not say. */
function algorithmOf(publicKey: unknown): string | undefined {
  if (typeof publicKey !== "object" || publicKey === null) return undefined;
  const { kty, crv, alg } = publicKey as JWK;
  if (alg !== undefined) return alg;
  if (kty === "RSA") return "RS256";
  if (kty === "EC" && crv === "P-256") return "ES256";
  return kty === "OKP" && crv === "Ed25519" ? "EdDSA" : undefined;
}

async function importPublicKey(where: string, value: unknown, alg: string): Promise<CryptoKey> {
  let key: CryptoKey | Uint8Array | undefined;
  try {
    key =
      typeof value === "string" ? await importSPKI(value, alg) : await importJWK(value as JWK, alg);
  } catch {
    // What the library says may quote the key.
  }
  if (key instanceof Uint8Array || key?.type !== "public") {
    throw new SettingsError(`${where} must be a public key for ${alg}, in PEM (SPKI) or as a JWK`);
  }
  return key;
}
