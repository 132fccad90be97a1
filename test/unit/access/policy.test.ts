import { createHash, randomBytes } from "node:crypto";
import { exportPKCS8 } from "jose";
import { describe, expect, it } from "vitest";
import { policyOf } from "../../../src/access/policy.ts";
import { makeKeyPair, NOW_MS, SCOPE, SECRET, sign, verdictOn } from "./token-maker.ts";

function makeKey(): { key: string; hash: string } {
  const key = `ek_${randomBytes(32).toString("base64url")}`;
  return { key, hash: createHash("sha256").update(key).digest("hex") };
}

describe("API keys", () => {
  const [one, two] = [makeKey(), makeKey()];
  const config = {
    API_KEYS: [
      { hash: one.hash, subject: "one", ...SCOPE },
      { hash: two.hash, subject: "two", ...SCOPE, expires: new Date(NOW_MS).toISOString() },
    ],
  };

  it("are taken for what they are for", async () => {
    expect(await verdictOn(one.key, config)).toEqual({
      kind: "accepted",
      scope: {
        namespaces: ["app"],
        grant: { subject: "one", prefixes: ["/a"], permissions: ["read", "write"] },
      },
    });
  });

  it("end when they say so", async () => {
    expect((await verdictOn(two.key, config, NOW_MS - 1)).kind).toBe("accepted");
    expect(await verdictOn(two.key, config, NOW_MS)).toMatchObject({ message: /expired/ });
  });

  it("are refused unless they are known, and so are their hashes", async () => {
    for (const key of [
      makeKey().key,
      one.hash,
      `ek_${one.hash}`,
      `${one.key}x`,
      one.key.slice(0, -1),
    ]) {
      expect((await verdictOn(key, config)).kind).toBe("refused");
    }
  });

  it("are rotated by two at once", async () => {
    const list = [one, two].map(({ hash }) => ({ hash, subject: "both", ...SCOPE }));
    for (const { key } of [one, two]) {
      expect((await verdictOn(key, { API_KEYS: list })).kind).toBe("accepted");
    }
    expect((await verdictOn(one.key, { API_KEYS: list.slice(1) })).kind).toBe("refused");
  });
});

describe("the token for everything", () => {
  it("has no scope, beside any other keys", async () => {
    const config = { EDGEKEEPER_TOKEN: "open sesame", JWT_KEYS: [{ secret: SECRET }] };
    expect(await verdictOn("open sesame", config)).toEqual({ kind: "accepted", scope: undefined });
    expect((await verdictOn("open sesamf", config)).kind).toBe("refused");
    expect((await verdictOn(await sign(SECRET), config)).kind).toBe("accepted");
  });

  it("may look like anything", async () => {
    for (const token of ["a.b.c", `ek_${"x".repeat(43)}`, "\u{1f511}"]) {
      const verdict = await verdictOn(token, { EDGEKEEPER_TOKEN: token });
      expect(verdict).toEqual({ kind: "accepted", scope: undefined });
    }
  });
});

describe("where nothing is configured", () => {
  it.each([{}, { EDGEKEEPER_TOKEN: "" }, { JWT_KEYS: [] }, { JWT_KEYS: "", API_KEYS: "[]" }])(
    "nobody is let in, and told what to do: %j",
    async (config) => {
      for (const token of [undefined, "", "undefined", await sign(SECRET)]) {
        const verdict = await verdictOn(token, config);
        expect(verdict).toMatchObject({ kind: "forbidden" });
        expect(verdict).toMatchObject({ message: /EDGEKEEPER_TOKEN.*JWT_KEYS.*API_KEYS/ });
      }
    },
  );
});

describe("a broken configuration", () => {
  const hash = "0".repeat(64);
  const key = { secret: SECRET };
  const apiKey = { hash, subject: "s", ...SCOPE };
  const broken: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
    ["no JSON", { JWT_KEYS: `[{"secret":"${SECRET}"` }, /^JWT_KEYS is not JSON$/],
    ["no list", { JWT_KEYS: key }, /^JWT_KEYS must be a list$/],
    ["a key that is text", { JWT_KEYS: [SECRET] }, /^JWT_KEYS\[0\] must be an object$/],
    ["a word misspelt", { JWT_KEYS: [{ ...key, issuers: "x" }] }, /^JWT_KEYS\[0\] must have/],
    ["no key", { JWT_KEYS: [key, { issuer: "x" }] }, /^JWT_KEYS\[1\] must have one of/],
    ["two keys in one", { JWT_KEYS: [{ ...key, jwksUrl: "https://x" }] }, /must have one of/],
    ["a short secret", { JWT_KEYS: [{ secret: "hunter2" }] }, /32 bytes or more/],
    ["HS512", { JWT_KEYS: [{ ...key, algorithm: "HS512" }] }, /must be HS256/],
    ["none", { JWT_KEYS: [{ ...key, algorithm: "none" }] }, /must be HS256/],
    ["a PEM without an algorithm", { JWT_KEYS: [{ publicKey: "pem" }] }, /must have an algorithm/],
    ["a PEM that is none", { JWT_KEYS: [{ publicKey: SECRET, algorithm: "RS256" }] }, /public key/],
    ["a symmetric JWK", { JWT_KEYS: [{ publicKey: { kty: "oct", k: "c2VjcmV0" } }] }, /algorithm/],
    [
      "a public key with HS256",
      { JWT_KEYS: [{ publicKey: "pem", algorithm: "HS256" }] },
      /RS256 or ES256 or EdDSA/,
    ],
    ["keys over http", { JWT_KEYS: [{ jwksUrl: "http://keys.example/" }] }, /https:/],
    ["keys at no URL", { JWT_KEYS: [{ jwksUrl: "keys" }] }, /https:/],
    ["grants of nothing", { JWT_KEYS: [{ ...key, grants: {} }] }, /namespaces must be a list/],
    ["a flag that is text", { JWT_KEYS: [{ ...key, requireExpiry: "no" }] }, /true or false/],
    ["an API key in clear", { API_KEYS: [{ ...apiKey, hash: "ek_x" }] }, /64 hexadecimal/],
    ["an API key of nobody", { API_KEYS: [{ ...apiKey, subject: "" }] }, /subject must be text/],
    ["an API key without namespaces", { API_KEYS: [{ hash, subject: "s" }] }, /namespaces/],
    ["an API key that ends some day", { API_KEYS: [{ ...apiKey, expires: "soon" }] }, /a time/],
    ["an origin with a path", { CORS_ORIGINS: ["https://app.example/"] }, /CORS_ORIGINS\[0\]/],
    [
      "a rate of nothing",
      { RATE_LIMITS: { perSubject: { requests: 0, perSeconds: 1 } } },
      /above 0/,
    ],
    ["a rate for all", { RATE_LIMITS: { perWorld: {} } }, /perSubject, perAddress/],
  ];

  it.each(broken)("(%s) refuses everybody, and says what is wrong", async (_, config, fault) => {
    const outcome = await policyOf({ ACCESS: "token", EDGEKEEPER_TOKEN: "open sesame", ...config });
    expect(outcome).toEqual({ ok: false, fault: expect.stringMatching(fault) });
    const verdict = await verdictOn("open sesame", { EDGEKEEPER_TOKEN: "open sesame", ...config });
    expect(verdict).toMatchObject({ kind: "forbidden", message: /broken/ });
    const text = JSON.stringify([outcome, verdict]);
    for (const secret of [SECRET, "hunter2", "open sesame", "c2VjcmV0"]) {
      expect(text).not.toContain(secret);
    }
  });

  it("a private key is none, and not shown", async () => {
    const { privateKey } = await makeKeyPair("ES256");
    const pem = await exportPKCS8(privateKey);
    const outcome = await policyOf({
      ACCESS: "token",
      JWT_KEYS: [{ publicKey: pem, algorithm: "ES256" }],
    });
    expect(outcome).toMatchObject({
      ok: false,
      fault: expect.not.stringContaining(pem.slice(30, 60)),
    });
  });
});
