/** The key that a token is signed with. */
import { readFileSync } from "node:fs";
import { type CryptoKey, importPKCS8 } from "jose";
import { UserError } from "../command.ts";

export interface SigningKey {
  readonly algorithm: string;
  readonly key: Uint8Array | CryptoKey;
}

/** As the server asks for. */
const SECRET_BYTES_MIN = 32;

/** Reads a private key in PEM, of whichever kind it is, or a secret. */
export async function readSigningKey(file: string): Promise<SigningKey> {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new UserError(`--key ${file}: cannot read it (${code})`);
  }
  if (!text.startsWith("-----BEGIN")) {
    const key = new TextEncoder().encode(text);
    if (key.length >= SECRET_BYTES_MIN) return { algorithm: "HS256", key };
    throw new UserError(`--key ${file}: a secret must have ${SECRET_BYTES_MIN} bytes or more`);
  }
  for (const algorithm of ["ES256", "RS256", "EdDSA"]) {
    try {
      return { algorithm, key: await importPKCS8(text, algorithm) };
    } catch {
      // Not of this kind.
    }
  }
  throw new UserError(`--key ${file}: no private key in PEM (PKCS #8) for ES256, RS256 or EdDSA`);
}
