/** The door: what is presented, and what it answers. */
import { env } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { Env } from "../../src/objects/env.ts";
import { authorize, mayAdministrate } from "../../src/worker/access/door.ts";
import { BODY_BYTES_MAX, URL_CHARS_MAX } from "../../src/worker/access/limits.ts";
import { TokenBuckets } from "../../src/worker/access/token-bucket.ts";
import { fetchWith, SECRET, tokenFor, type TokenClaims } from "./support/tokens.ts";

const TOKEN: Partial<Env> = { ACCESS: "token" };

async function knock(
  headers: Record<string, string>,
  variables: Partial<Env> = TOKEN,
  path = "/v1/default/counters",
): Promise<Response> {
  return fetchWith(variables, new Request(`http://edgekeeper${path}`, { headers }));
}

async function knockWith(claims: TokenClaims, path?: string, secret?: string): Promise<Response> {
  return knock({ authorization: `Bearer ${await tokenFor(claims, secret)}` }, TOKEN, path);
}

const admin: TokenClaims = { prefixes: ["/"], permissions: ["read", "admin"] };

describe("tokens over HTTP", () => {
  it("are asked for", async () => {
    const response = await knock({});
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    for (const authorization of ["Bearer", "Basic eDp5", "Token x", "Bearer  "]) {
      expect((await knock({ authorization })).status, authorization).toBe(401);
    }
  });

  it("let in whom they are for", async () => {
    expect((await knockWith(admin)).status).toBe(200);
    const response = await knock({ authorization: `bEARER ${await tokenFor(admin)}` });
    expect(response.status).toBe(200);
  });

  it("are refused when they have expired, and are replayed", async () => {
    const token = await tokenFor({ ...admin, expiresMs: Date.now() - 1_000 });
    const response = await knock({ authorization: `Bearer ${token}` });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
    expect(await response.json()).toMatchObject({ detail: "the token has expired" });
  });

  it("are refused when another key signed them, and when that key is gone", async () => {
    expect((await knockWith(admin, undefined, `another ${SECRET}`)).status).toBe(401);
    const authorization = `Bearer ${await tokenFor(admin)}`;
    const rotated = { ...TOKEN, JWT_KEYS: [{ secret: `another ${SECRET}` }] };
    expect((await knock({ authorization }, rotated)).status).toBe(401);
  });

  it("are refused when nobody signed them", async () => {
    const [, payload = ""] = (await tokenFor(admin)).split(".");
    for (const header of [{ alg: "none" }, { alg: "HS256" }]) {
      for (const signature of ["", "AAAA"]) {
        const token = `${btoa(JSON.stringify(header)).replaceAll("=", "")}.${payload}.${signature}`;
        expect((await knock({ authorization: `Bearer ${token}` })).status).toBe(401);
      }
    }
  });

  it("are for their namespaces only, whole names", async () => {
    const claims = { ...admin, namespaces: ["app", "web"] };
    expect((await knockWith(claims, "/v1/app/counters")).status).toBe(200);
    expect((await knockWith(claims, "/v1/web/commands/ruok")).status).toBe(200);
    for (const name of ["default", "app2", "ap", "a", "%61pp2"]) {
      expect((await knockWith(claims, `/v1/${name}/counters`)).status, name).toBe(403);
    }
    expect((await knockWith(claims, "/commands/ruok")).status).toBe(403); // Of TCP_NAMESPACE.
    expect((await knockWith({ ...admin, namespaces: ["*x"] })).status).toBe(403);
  });

  it("without a scope are told what is missing", async () => {
    const response = await knockWith({ ...admin, permissions: ["everything"] });
    expect(response.status).toBe(403);
    const detail = expect.stringContaining("permission");
    expect(await response.json()).toMatchObject({ detail });
  });

  it("must be for everything where everything is told", async () => {
    for (const claims of [
      { ...admin, prefixes: ["/a"] },
      { ...admin, permissions: ["read", "write", "create", "delete"] },
    ]) {
      for (const path of [
        "/v1/default/counters",
        "/v1/default/commands/dump",
        "/commands/dump",
        "/commands",
      ]) {
        expect((await knockWith(claims, path)).status, path).toBe(403);
      }
    }
    for (const path of ["/v1/default/commands/dump", "/commands/dump", "/commands"]) {
      expect((await knockWith(admin, path)).status, path).toBe(200);
    }
    expect(mayAdministrate(undefined)).toBe(true);
  });

  it("are not asked for on the way to nothing, nor for the health", async () => {
    expect((await knock({}, TOKEN, "/health")).status).toBe(200);
    expect((await knock({}, TOKEN, "/nothing")).status).toBe(404);
  });
});

describe("configurations", () => {
  it("that are missing let nobody in, and say what to set", async () => {
    const authorization = `Bearer ${await tokenFor(admin)}`;
    const response = await knock({ authorization }, { ...TOKEN, JWT_KEYS: [] });
    expect(response.status).toBe(403);
    expect(await response.text()).toMatch(/EDGEKEEPER_TOKEN.*JWT_KEYS.*API_KEYS/);
  });

  it("that are broken let nobody in, and say why, without the secret", async () => {
    const secrets = { EDGEKEEPER_TOKEN: "open sesame", JWT_KEYS: [{ secret: "hunter2" }] };
    for (const headers of [{}, { authorization: "Bearer open sesame" }]) {
      const response = await knock(headers, { ...TOKEN, ...secrets });
      expect(response.status).toBe(403);
      const text = await response.text();
      expect(text).toContain("JWT_KEYS[0].secret must have 32 bytes or more");
      expect(text).not.toMatch(/hunter2|sesame/);
    }
  });
});

describe("sizes", () => {
  it("of a URL have a limit", async () => {
    const path = `/v1/default/counters?${"x".repeat(URL_CHARS_MAX)}`;
    expect((await knock({}, TOKEN, path)).status).toBe(414);
    expect((await knock({}, { ACCESS: "open" }, path)).status).toBe(414);
  });

  it("of a body have a limit, which is told before any of it is read", async () => {
    const headers = { "content-length": String(BODY_BYTES_MAX + 1) };
    expect((await knock(headers)).status).toBe(413);
  });
});

describe("rates", () => {
  it("are none unless they are configured", async () => {
    for (let i = 0; i < 50; i++) expect((await knockWith(admin)).status).toBe(200);
  });

  it("of a subject end in 429, and are no other's", async () => {
    const variables = {
      ...TOKEN,
      RATE_LIMITS: { perSubject: { requests: 2, perSeconds: 1_000 } },
    };
    const sub = crypto.randomUUID();
    const [mine, others] = await Promise.all([
      tokenFor({ ...admin, sub }),
      tokenFor({ ...admin, sub: `${sub}-2` }),
    ]);
    const ask = (token: string): Promise<Response> =>
      knock({ authorization: `Bearer ${token}` }, variables);
    expect((await ask(mine)).status).toBe(200);
    expect((await ask(mine)).status).toBe(200);
    const response = await ask(mine);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(400);
    expect((await ask(others)).status).toBe(200);
  });

  it("of an address count before the token is looked at", async () => {
    const address = "192.0.2.7";
    const variables = {
      ...TOKEN,
      RATE_LIMITS: { perAddress: { requests: 1, perSeconds: 1_000 } },
    };
    const ask = (from: string, token: string): Promise<Response> =>
      knock({ "cf-connecting-ip": from, authorization: `Bearer ${token}` }, variables);
    const token = await tokenFor(admin);
    expect((await ask(address, "wrong")).status).toBe(401);
    expect((await ask(address, token)).status).toBe(429);
    expect((await ask("192.0.2.8", token)).status).toBe(200);
    // Whose address nobody vouches for is not counted with all the others of that kind.
    const nobody = { ...variables, ADDRESS_HEADER: "" };
    for (let i = 0; i < 3; i++) {
      const headers = { "cf-connecting-ip": address, authorization: `Bearer ${token}` };
      expect((await knock(headers, nobody)).status).toBe(200);
    }
  });

  it("are Cloudflare's where these are bound", async () => {
    const keys: string[] = [];
    const limit = (success: boolean): RateLimit => ({
      limit: async ({ key }) => {
        keys.push(key);
        return { success };
      },
    });
    const headers = {
      authorization: `Bearer ${await tokenFor(admin)}`,
      "cf-connecting-ip": "192.0.2.9",
    };
    const both = { ...TOKEN, ADDRESS_RATE_LIMIT: limit(true), SUBJECT_RATE_LIMIT: limit(true) };
    expect((await knock(headers, both)).status).toBe(200);
    expect(keys).toEqual(["address 192.0.2.9", "subject worker"]);
    for (const name of ["ADDRESS_RATE_LIMIT", "SUBJECT_RATE_LIMIT"]) {
      const response = await knock(headers, { ...both, [name]: limit(false) });
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("10");
    }
  });

  it("fill up again as time goes by, up to what they were", () => {
    const buckets = new TokenBuckets(2);
    const bucket = { requests: 2, perSeconds: 1 };
    const take = (nowMs: number, key = "a"): number => buckets.take(key, bucket, nowMs);
    expect([take(0), take(0), take(0)]).toEqual([0, 0, 500]);
    expect([take(499), take(500), take(500)]).toEqual([1, 0, 500]);
    expect([take(1_000_000), take(1_000_000), take(1_000_000)]).toEqual([0, 0, 500]);
    // A clock that goes back gives nothing, and whoever was here longest ago is forgotten first.
    expect(take(0)).toBeGreaterThan(0);
    expect([take(0, "b"), take(0, "c"), take(0, "c"), take(0, "c")]).toEqual([0, 0, 0, 500]);
    expect([take(0), take(0), take(0)]).toEqual([0, 0, 500]);
  });
});

describe("pages of other origins", () => {
  const origin = "https://app.example";
  const listed = { ...TOKEN, CORS_ORIGINS: [origin] };

  it("may not read answers unless theirs is listed", async () => {
    for (const variables of [TOKEN, { ...TOKEN, CORS_ORIGINS: ["https://other.example"] }]) {
      const response = await knock({ origin }, variables);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    for (const page of ["https://app.example.evil.example", "null", "http://app.example"]) {
      const response = await knock({ origin: page }, listed);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  it("may, refusals included, when it is", async () => {
    const refused = await knock({ origin }, listed);
    expect(refused.status).toBe(401);
    const authorization = `Bearer ${await tokenFor(admin)}`;
    const admitted = await knock({ origin, authorization }, listed);
    expect(admitted.status).toBe(200);
    for (const response of [refused, admitted]) {
      expect(response.headers.get("access-control-allow-origin")).toBe(origin);
      expect(response.headers.get("vary")).toContain("origin");
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
    }
    const any = await knock({ origin: "https://x.example" }, { ...TOKEN, CORS_ORIGINS: ["*"] });
    expect(any.headers.get("access-control-allow-origin")).toBe("https://x.example");
  });

  it("are told by a preflight, which needs no token and does nothing", async () => {
    const response = await preflight(listed, origin);
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-methods")).toContain("PUT");
    expect(response.headers.get("access-control-allow-headers")).toBe("authorization, if-match");
    const refused = await preflight(listed, "https://evil.example");
    expect(refused.status).toBe(401);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("get into an open server only when theirs is listed", async () => {
    const open = { ACCESS: "open", CORS_ORIGINS: [origin] } as const;
    expect((await knock({ origin, host: "127.0.0.1" }, open)).status).toBe(200);
    const other = { origin: "https://evil.example", host: "127.0.0.1" };
    expect((await knock(other, open)).status).toBe(403);
  });
});

function preflight(variables: Partial<Env>, origin: string): Promise<Response> {
  const headers = {
    origin,
    "access-control-request-method": "PUT",
    "access-control-request-headers": "authorization, if-match",
  };
  const url = "http://edgekeeper/v1/default/counters";
  return fetchWith(variables, new Request(url, { method: "OPTIONS", headers }));
}

describe("a service binding", () => {
  const closed: Env = { ...env, ACCESS: "token" };

  it("is trusted, also where no token is configured", async () => {
    for (const props of [undefined, null, {}]) {
      const nothing = { ...closed, JWT_KEYS: [] };
      expect(await authorize({ via: "binding", props }, "app", nothing)).toMatchObject({
        ok: true,
        grant: undefined,
      });
    }
  });

  it("is narrowed by its props", async () => {
    const props = { subject: "shop", namespaces: ["app"], prefixes: ["/a"], permissions: ["read"] };
    expect(await authorize({ via: "binding", props }, "app", closed)).toMatchObject({
      ok: true,
      grant: { subject: "shop", prefixes: ["/a"], permissions: ["read"] },
    });
    expect(await authorize({ via: "binding", props }, "web", closed)).toMatchObject({
      status: 403,
    });
    const some = { prefixes: ["/a"] };
    expect(await authorize({ via: "binding", props: some }, "web", closed)).toMatchObject({
      grant: {
        subject: "binding",
        prefixes: ["/a"],
        permissions: expect.arrayContaining(["admin"]),
      },
    });
  });

  it("with props that are wrong is for nothing", async () => {
    for (const props of [
      "all",
      { prefix: ["/a"] },
      { prefixes: "/a" },
      { prefixes: ["a"] },
      { permissions: ["all"] },
      { subject: "" },
    ]) {
      expect(await authorize({ via: "binding", props }, "app", closed)).toMatchObject({
        ok: false,
        status: 403,
        message: expect.stringContaining("props"),
      });
    }
  });

  it("may pass a token, which allows no more than both do", async () => {
    const token = await tokenFor({ prefixes: ["/a", "/b"], permissions: ["read", "write"] });
    const props = { prefixes: ["/a/x"], permissions: ["read", "admin"] };
    expect(await authorize({ via: "binding", props, token }, "app", closed)).toMatchObject({
      grant: { subject: "worker", prefixes: ["/a/x"], permissions: ["read"] },
    });
    expect(await authorize({ via: "binding", token }, "app", closed)).toMatchObject({
      grant: { subject: "worker", prefixes: ["/a", "/b"] },
    });
    expect(await authorize({ via: "binding", token: "wrong" }, "app", closed)).toMatchObject({
      status: 401,
    });
  });
});
