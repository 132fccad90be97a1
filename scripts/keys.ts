/**
 * `npm run keys`: makes API keys, secrets, key pairs and tokens (docs/security.md).
 */
import { createHash, randomBytes } from "node:crypto";
import { exportJWK, exportPKCS8, generateKeyPair, SignJWT } from "jose";
import { runCommand } from "./command.ts";
import { type KeyCommand, keysHelp, parseKeyCommand } from "./keys/key-options.ts";
import { readSigningKey } from "./keys/signing-key.ts";

await runCommand("edgekeeper keys", async () => {
  const command = parseKeyCommand(process.argv.slice(2));
  process.stdout.write(command === undefined ? keysHelp : `${await run(command)}\n`);
});

async function run(command: KeyCommand): Promise<string> {
  switch (command.name) {
    case "api-key":
      return makeAPIKey(command);
    case "secret":
      return randomBytes(32).toString("base64url");
    case "key-pair":
      return makeKeyPair(command.algorithm);
    case "token":
      return signToken(command);
  }
}

function makeAPIKey({ subject, scope, expires }: KeyCommand & { name: "api-key" }): string {
  const key = `ek_${randomBytes(32).toString("base64url")}`;
  const hash = createHash("sha256").update(key).digest("hex");
  const entry = { hash, subject, ...scope, ...(expires !== undefined && { expires }) };
  return `key, shown once: ${key}\nfor API_KEYS: ${JSON.stringify(entry)}`;
}

async function makeKeyPair(algorithm: string): Promise<string> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const entry = { publicKey: { ...(await exportJWK(publicKey)), alg: algorithm } };
  // The private key alone goes where the output goes, which is a file as a rule.
  process.stderr.write(`for JWT_KEYS: ${JSON.stringify(entry)}\n`);
  return (await exportPKCS8(privateKey)).trim();
}

async function signToken(command: KeyCommand & { name: "token" }): Promise<string> {
  const { subject, scope, keyFile, expiresInS, issuer, audience, keyId } = command;
  const { algorithm, key } = await readSigningKey(keyFile);
  const nowS = Math.floor(Date.now() / 1_000);
  const token = new SignJWT({ edgekeeper: { ...scope } })
    .setProtectedHeader({ alg: algorithm, ...(keyId !== undefined && { kid: keyId }) })
    .setSubject(subject)
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + expiresInS);
  if (issuer !== undefined) token.setIssuer(issuer);
  if (audience !== undefined) token.setAudience(audience);
  return token.sign(key);
}
