/** Keys and tokens for tests, and the variables that let them in. */
import { exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT, type CryptoKey } from "jose";
import { verifyToken, type Verdict } from "../../../src/access/verify-token.ts";

export const NOW_MS = 1_800_000_000_000;
const NOW_S = NOW_MS / 1_000;

export const SECRET = "correct horse battery staple, 32 bytes";

/** What tokens are for unless a test says otherwise. */
export const SCOPE = { namespaces: ["app"], prefixes: ["/a"], permissions: ["read", "write"] };

export interface TokenOptions {
  readonly alg?: string;
  readonly header?: Record<string, unknown>;
  /** Claims beside or instead of the usual ones; undefined takes one away. */
  readonly claims?: Record<string, unknown>;
}

/** A token that is good for an hour, signed by a secret or a private key. */
export async function sign(
  key: string | CryptoKey,
  { alg = "HS256", header, claims }: TokenOptions = {},
): Promise<string> {
  const all: Record<string, unknown> = {
    sub: "worker",
    exp: NOW_S + 3_600,
    edgekeeper: SCOPE,
    ...claims,
  };
  for (const name of Object.keys(all)) if (all[name] === undefined) delete all[name];
  return new SignJWT(all)
    .setProtectedHeader({ alg, ...header })
    .sign(typeof key === "string" ? new TextEncoder().encode(key) : key);
}

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly pem: string;
  readonly jwk: JWK;
}

export async function makeKeyPair(alg: string): Promise<KeyPair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, pem: await exportSPKI(publicKey), jwk: await exportJWK(publicKey) };
}

/** A token put together by hand: any header, any claims, any signature. */
export function forge(header: unknown, claims: unknown, signature = ""): string {
  return `${part(header)}.${part(claims)}.${signature}`;
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** What is decided about a token where these keys are configured. */
export function verdictOn(
  token: string | undefined,
  variables: Record<string, unknown>,
  nowMs = NOW_MS,
): Promise<Verdict> {
  return verifyToken(token, { ACCESS: "token", ...variables }, nowMs);
}
