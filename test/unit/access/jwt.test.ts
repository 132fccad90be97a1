import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  forge,
  type KeyPair,
  makeKeyPair,
  NOW_MS,
  SCOPE,
  SECRET,
  sign,
  verdictOn,
} from "./token-maker.ts";

const byHS256 = { JWT_KEYS: [{ secret: SECRET }] };
const pairs = new Map<string, KeyPair>();

function pair(alg: string): KeyPair {
  const found = pairs.get(alg);
  if (found === undefined) throw new Error(`no keys for ${alg}`);
  return found;
}

beforeAll(async () => {
  for (const alg of ["RS256", "ES256", "EdDSA"]) pairs.set(alg, await makeKeyPair(alg));
});

describe("a JWT", () => {
  const accepted = {
    kind: "accepted",
    scope: {
      namespaces: ["app"],
      grant: {
        subject: "worker",
        prefixes: ["/a"],
        permissions: ["read", "write"],
        expiresMs: NOW_MS + 3_600_000,
      },
    },
  };

  it("of the secret is taken for what it says", async () => {
    expect(await verdictOn(await sign(SECRET), byHS256)).toEqual(accepted);
    const asText = { JWT_KEYS: JSON.stringify(byHS256.JWT_KEYS) };
    expect(await verdictOn(await sign(SECRET), asText)).toEqual(accepted);
  });

  it.each(["RS256", "ES256", "EdDSA"])(
    "of a public key for %s is, in PEM and as JWK",
    async (alg) => {
      const { privateKey, pem, jwk } = pair(alg);
      const token = await sign(privateKey, { alg });
      const keys = [{ publicKey: pem, algorithm: alg }, { publicKey: jwk }];
      for (const key of keys) expect(await verdictOn(token, { JWT_KEYS: [key] })).toEqual(accepted);
    },
  );

  it.each([
    ["expired", { exp: NOW_MS / 1_000 }, "the token has expired"],
    ["not valid yet", { nbf: NOW_MS / 1_000 + 60 }, "the token's claim nbf is check_failed"],
    ["without an expiry", { exp: undefined }, "the token's claim exp is missing"],
    ["with an expiry that is no number", { exp: "never" }, "the token's claim exp is invalid"],
    ["without a subject", { sub: undefined }, "the token's claim sub is missing"],
  ])("%s is refused, and told why", async (_, claims, message) => {
    expect(await verdictOn(await sign(SECRET, { claims }), byHS256)).toEqual({
      kind: "refused",
      message,
    });
  });

  it("expires as it says, to the second", async () => {
    const token = await sign(SECRET, { claims: { exp: NOW_MS / 1_000 + 1 } });
    expect((await verdictOn(token, byHS256, NOW_MS + 999)).kind).toBe("accepted");
    expect((await verdictOn(token, byHS256, NOW_MS + 1_000)).kind).toBe("refused");
  });

  it("without an expiry is taken where that is configured", async () => {
    const token = await sign(SECRET, { claims: { exp: undefined } });
    const keys = { JWT_KEYS: [{ secret: SECRET, requireExpiry: false }] };
    const verdict = await verdictOn(token, keys);
    expect(verdict).toMatchObject({ kind: "accepted", scope: { grant: { subject: "worker" } } });
    expect(verdict.kind === "accepted" && verdict.scope?.grant.expiresMs).toBeUndefined();
  });

  it("of another issuer or audience is refused", async () => {
    const keys = { JWT_KEYS: [{ secret: SECRET, issuer: "us", audience: ["zk", "edge"] }] };
    const claims = { iss: "us", aud: "edge" };
    expect((await verdictOn(await sign(SECRET, { claims }), keys)).kind).toBe("accepted");
    for (const wrong of [
      { iss: "them" },
      { aud: "other" },
      { iss: undefined },
      { aud: undefined },
    ]) {
      const token = await sign(SECRET, { claims: { ...claims, ...wrong } });
      expect((await verdictOn(token, keys)).kind, JSON.stringify(wrong)).toBe("refused");
    }
  });
});

describe("a forged JWT", () => {
  const claims = { sub: "worker", exp: NOW_MS / 1_000 + 60, edgekeeper: SCOPE };
  const unknown = { kind: "refused", message: "the token is of no key that is known here" };

  it("of another secret is refused", async () => {
    expect(await verdictOn(await sign(`${SECRET}!`), byHS256)).toEqual(unknown);
  });

  it.each(["none", "None", "NONE", ""])("of the algorithm %j is refused", async (alg) => {
    for (const signature of ["", "x", "AAAA"]) {
      const token = forge({ alg }, claims, signature);
      expect((await verdictOn(token, byHS256)).kind).toBe("refused");
    }
  });

  it("signed by the public key, as if that were a secret, is refused", async () => {
    for (const alg of ["RS256", "ES256", "EdDSA"]) {
      const { pem, jwk } = pair(alg);
      const keys = { JWT_KEYS: [{ publicKey: pem, algorithm: alg }, { publicKey: jwk }] };
      for (const secret of [pem, pem.trim(), JSON.stringify(jwk)]) {
        expect(await verdictOn(await sign(secret), keys)).toEqual(unknown);
      }
    }
  });

  it("of an algorithm that the key is not configured for is refused", async () => {
    const { privateKey } = await makeKeyPair("ES384");
    const token = await sign(privateKey, { alg: "ES384" });
    const keys = { JWT_KEYS: [{ publicKey: pair("ES256").jwk }, { secret: SECRET }] };
    expect(await verdictOn(token, keys)).toEqual(unknown);
    for (const alg of ["HS384", "HS512"]) {
      expect(await verdictOn(await sign(SECRET.repeat(2), { alg }), byHS256)).toEqual(unknown);
    }
  });

  it("with one part changed is refused", async () => {
    const token = await sign(SECRET);
    const [header = "", payload = "", signature = ""] = token.split(".");
    const [otherHeader, otherPayload] = forge(
      { alg: "HS256", typ: "x" },
      { ...claims, sub: "root" },
    ).split(".");
    for (const forged of [
      `${header}.${otherPayload}.${signature}`,
      `${otherHeader}.${payload}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -2)}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
    ]) {
      expect((await verdictOn(forged, byHS256)).kind, forged).toBe("refused");
    }
  });

  it("that brings its own key is refused", async () => {
    const { privateKey, jwk } = pair("ES256");
    const token = await sign(privateKey, {
      alg: "ES256",
      header: { jwk, jku: "https://evil.example/keys", kid: "../../dev/null" },
    });
    const other = await makeKeyPair("ES256");
    expect(await verdictOn(token, { JWT_KEYS: [{ publicKey: other.jwk }] })).toEqual(unknown);
  });

  it("that demands an extension is refused", async () => {
    const token = forge({ alg: "HS256", crit: ["exp2"], exp2: true }, claims, "AAAA");
    expect((await verdictOn(token, byHS256)).kind).toBe("refused");
  });

  it.each([
    "",
    "x",
    "..",
    "a.b.c",
    "a.b.c.d",
    "eyJhbGciOiJIUzI1NiJ9.e30.",
    "\u{1f511}",
    "ek_short",
  ])("such as %j is refused", async (token) => {
    expect((await verdictOn(token, byHS256)).kind).toBe("refused");
  });

  it("of absurd length is not looked at", async () => {
    const token = await sign(SECRET, { claims: { padding: "x".repeat(8_192) } });
    expect(await verdictOn(token, byHS256)).toEqual({
      kind: "refused",
      message: "a token of more than 8192 characters",
    });
  });
});

describe("what a genuine JWT is for", () => {
  it.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /no claim edgekeeper/],
    ["no object", "all", /must be an object/],
    ["no namespaces", { ...SCOPE, namespaces: undefined }, /namespaces must be a list/],
    ["no prefixes", { ...SCOPE, prefixes: undefined }, /prefixes must be a list/],
    ["no permissions", { ...SCOPE, permissions: undefined }, /permissions must be a list/],
    ["an unknown permission", { ...SCOPE, permissions: ["all"] }, /a permission that is none/],
    ["an unknown word", { ...SCOPE, prefix: "/" }, /and nothing else/],
    ["a prefix that is no path", { ...SCOPE, prefixes: ["/a/../b"] }, /no path of a znode/],
    ["too many prefixes", { ...SCOPE, prefixes: Array(33).fill("/a") }, /more than 32/],
    ["too many namespaces", { ...SCOPE, namespaces: Array(257).fill("a") }, /more than 256/],
  ])("it is useless with %s", async (_, edgekeeper, message) => {
    const verdict = await verdictOn(await sign(SECRET, { claims: { edgekeeper } }), byHS256);
    expect(verdict).toEqual({ kind: "forbidden", message: expect.stringMatching(message) });
  });

  it("may be in another claim", async () => {
    const keys = { JWT_KEYS: [{ secret: SECRET, claim: "https://us/zk" }] };
    const claims = { edgekeeper: undefined, "https://us/zk": SCOPE };
    expect((await verdictOn(await sign(SECRET, { claims }), keys)).kind).toBe("accepted");
    expect((await verdictOn(await sign(SECRET), keys)).kind).toBe("forbidden");
  });

  it("is at most what its key grants, and that when it says nothing", async () => {
    const grants = { namespaces: ["app", "web"], prefixes: ["/a/b", "/c"], permissions: ["read"] };
    const keys = { JWT_KEYS: [{ secret: SECRET, grants }] };
    expect(await verdictOn(await sign(SECRET), keys)).toMatchObject({
      scope: { namespaces: ["app"], grant: { prefixes: ["/a/b"], permissions: ["read"] } },
    });
    const claims = { edgekeeper: undefined };
    expect(await verdictOn(await sign(SECRET, { claims }), keys)).toMatchObject({
      scope: { namespaces: ["app", "web"], grant: { subject: "worker", prefixes: ["/a/b", "/c"] } },
    });
    const all = { edgekeeper: { ...SCOPE, namespaces: ["*"] } };
    expect(await verdictOn(await sign(SECRET, { claims: all }), keys)).toMatchObject({
      scope: { namespaces: ["app", "web"] },
    });
  });
});

describe("rotation", () => {
  it("is two keys at once, then one", async () => {
    const [before, after] = [{ secret: SECRET }, { secret: `${SECRET} of next year` }];
    const tokens = [await sign(before.secret), await sign(after.secret)];
    for (const token of tokens) {
      expect((await verdictOn(token, { JWT_KEYS: [before, after] })).kind).toBe("accepted");
    }
    expect((await verdictOn(tokens[0], { JWT_KEYS: [after] })).kind).toBe("refused");
    expect((await verdictOn(tokens[1], { JWT_KEYS: [after] })).kind).toBe("accepted");
  });

  it("says that a token has expired, not that another key does not fit", async () => {
    const token = await sign(SECRET, { claims: { exp: 1 } });
    const keys = [{ secret: SECRET }, { secret: `${SECRET} of next year` }];
    for (const list of [keys, keys.toReversed()]) {
      expect(await verdictOn(token, { JWT_KEYS: list })).toMatchObject({ message: /expired/ });
    }
  });
});

describe("keys at a URL", () => {
  let server: Server;
  let url: string;
  let answer: () => [status: number, body: string];
  let fetched = 0;

  beforeAll(async () => {
    server = createServer((_, response) => {
      fetched += 1;
      const [status, body] = answer();
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(() => void server.close());

  it("verify tokens by their ids, and are fetched once", async () => {
    const keys = ["RS256", "ES256", "EdDSA"].map((alg) => ({ ...pair(alg).jwk, kid: alg, alg }));
    answer = () => [200, JSON.stringify({ keys })];
    const config = { JWT_KEYS: [{ jwksUrl: `${url}/all` }] };
    fetched = 0;
    for (const alg of ["RS256", "ES256", "EdDSA"]) {
      const token = await sign(pair(alg).privateKey, { alg, header: { kid: alg } });
      expect((await verdictOn(token, config)).kind).toBe("accepted");
      expect((await verdictOn(token, { ...config })).kind).toBe("accepted");
    }
    const stranger = await makeKeyPair("ES256");
    const token = await sign(stranger.privateKey, { alg: "ES256", header: { kid: "ES256" } });
    expect((await verdictOn(token, config)).kind).toBe("refused");
    const nobodys = await sign(stranger.privateKey, { alg: "ES256", header: { kid: "other" } });
    expect((await verdictOn(nobodys, config)).kind).toBe("refused");
    expect((await verdictOn(await sign(SECRET), config)).kind).toBe("refused");
    expect(fetched).toBe(1);
  });

  it.each<[string, [number, string]]>([
    ["an error", [500, "{}"]],
    ["no JSON", [200, "<html>"]],
    ["something else", [200, "[]"]],
    ["a redirect", [302, ""]],
  ])("that answers with %s lets nobody in, for now", async (name, response) => {
    answer = () => response;
    const { privateKey } = pair("ES256");
    const token = await sign(privateKey, { alg: "ES256", header: { kid: "ES256" } });
    const config = { JWT_KEYS: [{ jwksUrl: `${url}/${encodeURIComponent(name)}` }] };
    expect((await verdictOn(token, config)).kind).toBe("unavailable");
    // Another key is not in the way of it, nor the other way around.
    const both = { JWT_KEYS: [...config.JWT_KEYS, { secret: SECRET }] };
    expect((await verdictOn(await sign(SECRET), both)).kind).toBe("accepted");
  });

  it("that nobody answers lets nobody in, for now", async () => {
    const token = await sign(pair("ES256").privateKey, { alg: "ES256" });
    const config = { JWT_KEYS: [{ jwksUrl: "http://127.0.0.1:9/keys" }] };
    expect((await verdictOn(token, config)).kind).toBe("unavailable");
  });
});
