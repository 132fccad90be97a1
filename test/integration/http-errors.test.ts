/** What failures become, whatever the object says or does. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { CallErrorCode } from "../../src/services/call.ts";
import { TestAPI } from "./support/http.ts";
import { done, failed, ScriptedObject } from "./support/scripted-object.ts";

describe("statuses", () => {
  const { badArguments, noNode, nodeExists, badVersion, notEmpty, noAuth } = ErrorCode;
  it.each([
    [badArguments, 400],
    [ErrorCode.invalidACL, 400],
    [CallErrorCode.invalidCall, 400],
    [ErrorCode.authFailed, 401],
    [noAuth, 403],
    [noNode, 404],
    [nodeExists, 409],
    [badVersion, 409],
    [notEmpty, 409],
    [ErrorCode.noChildrenForEphemerals, 409],
    [ErrorCode.sessionExpired, 409],
    [CallErrorCode.notHeld, 409],
    [ErrorCode.marshallingError, 413],
    [CallErrorCode.idempotencyKeyReused, 422],
    [CallErrorCode.tooManyCalls, 429],
    [ErrorCode.throttledOp, 429],
    [ErrorCode.connectionLoss, 503],
    [ErrorCode.operationTimeout, 503],
    [ErrorCode.quotaExceeded, 507],
    [ErrorCode.systemError, 500],
    [-9_999, 500],
  ])("of code %i is %i", async (code, status) => {
    const object = new ScriptedObject(() => failed(code, "Name"));
    const answer = await object.ask("POST", "/v1/x/znodes/a");
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(answer.headers.get("retry-after")).toBe([429, 503].includes(status) ? "1" : null);
    const { title, ...rest } = answer.json;
    expect(title).toMatch(/^\w/);
    expect(rest).toEqual({
      type: "/docs#Name",
      status,
      detail: "Name, in words",
      name: "Name",
      code,
      path: "/a",
    });
    // An answer is an answer.
    expect(object.asked).toHaveLength(1);
  });
});

describe("an object that started over", () => {
  // It is logged, and would hide what else is.
  beforeEach(() => void vi.spyOn(console, "error").mockImplementation(() => undefined));
  afterEach(() => vi.restoreAllMocks());

  const stat = {
    czxid: 1,
    mzxid: 1,
    pzxid: 1,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 0,
    numChildren: 0,
  };

  /** One whose first calls are lost. */
  function resetting(losses: number, error: unknown = new Error("reset")): ScriptedObject {
    let left = losses;
    return new ScriptedObject((call) => {
      if (left-- > 0) throw error;
      return done(call.name === "put" ? { created: false, stat } : { data: null, stat });
    });
  }

  it("is asked once more for what changes nothing", async () => {
    const object = resetting(1);
    expect((await object.ask("GET", "/v1/x/znodes/a")).status).toBe(200);
    expect(object.asked).toHaveLength(2);
  });

  it("is asked once more for a write with a key", async () => {
    const object = resetting(1);
    const headers = { "idempotency-key": "k" };
    expect((await object.ask("PUT", "/v1/x/znodes/a", { headers })).status).toBe(200);
    expect(object.asked.map(({ caller }) => caller.idempotencyKey)).toEqual(["k", "k"]);
    expect(object.asked[0]?.call).toEqual(object.asked[1]?.call);
  });

  it("is not asked again for a write without one", async () => {
    const object = resetting(1);
    const answer = await object.ask("PUT", "/v1/x/znodes/a");
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(answer.json).toMatchObject({ name: "unavailable" });
    expect(object.asked).toHaveLength(1);
  });

  it("is not asked a third time", async () => {
    const object = resetting(2);
    expect((await object.ask("GET", "/v1/x/znodes/a")).status).toBe(503);
    expect(object.asked).toHaveLength(2);
  });

  it("is left alone when it has too much to do", async () => {
    const object = resetting(1, Object.assign(new Error("busy"), { overloaded: true }));
    expect((await object.ask("GET", "/v1/x/znodes/a")).status).toBe(503);
    expect(object.asked).toHaveLength(1);
  });
});

describe("a long poll", () => {
  it.each([
    ["wait=1s&since=9", undefined, null],
    ["wait=1s", '"3-9"', '"3-9"'],
    ["wait=1s&since=9", '"3-9"', '"3-9"'],
    ["wait=1s&since=8", '"3-9"', null],
    ["wait=1s&since=9", '"3-9", "3-8"', null],
  ])("?%s with %s, unchanged, has the tag %s", async (query, known, etag) => {
    const headers = known === undefined ? {} : { "if-none-match": known };
    for (const path of ["znodes", "children"]) {
      const answer = await unchanged().ask("GET", `/v1/x/${path}/a?${query}`, { headers });
      expect(answer.status).toBe(304);
      expect(answer.headers.get("etag")).toBe(etag);
    }
  });

  it.each([
    ["0", 0],
    ["7", 7],
    ["7ms", 7],
    ["60s", 60_000],
  ])("of %s is one of %i ms", async (wait, waitMs) => {
    const object = unchanged();
    await object.ask("GET", `/v1/x/znodes/a?wait=${wait}&since=9`);
    expect(object.asked[0]?.call).toMatchObject({ name: "awaitChange", of: "data", waitMs });
  });
});

describe("what is refused before the object hears of it", () => {
  it.each([
    ["PATCH", "/v1/x/znodes/a", 405],
    ["POST", "/v1/x/children/a", 405],
    ["OPTIONS", "/v1/x/sessions", 405],
    ["DELETE", "/v1/x/transactions", 405],
    ["GET", "/v1/x/nothing", 404],
    ["GET", "/v1/x/sessions/1", 404],
    ["GET", "/v1/x/znodes/a?unknown=1", 400],
    ["GET", "/v1/x/znodes/a?consistency=eventual", 400],
    ["GET", "/v1/x/znodes/a?wait=10s", 400],
    ["GET", "/v1/x/znodes/a?wait=61s&since=1", 400],
    ["GET", "/v1/x/znodes/a?wait=1h&since=1", 400],
    ["GET", "/v1/x/znodes/a?wait=1s&since=-1", 400],
    ["GET", "/v1/x/znodes/a?wait=1s&since=1&since=2", 400],
    ["GET", "/v1/x/children/a?limit=0", 400],
    ["GET", "/v1/x/children/a?limit=10001", 400],
    ["GET", "/v1/x/children/a?limit=1e3", 400],
    ["GET", "/v1/x/children/a?stats=yes", 400],
    ["GET", "/v1/UPPER/znodes/a", 400],
    ["POST", "/v1/x/sessions", 415],
    ["GET", `/v1/x/znodes/${"x".repeat(16_384)}`, 414],
  ])("%s %s: %i", async (method, path, status) => {
    const object = unreached();
    const answer = await object.ask(method, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ status, name: expect.stringMatching(/^[a-z]\w+$/) });
    expect(answer.headers.get("allow") !== null).toBe(status === 405);
    expect(object.asked).toEqual([]);
  });

  it.each(["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])(
    "JSON that is called %j",
    async (type) => {
      const object = unreached();
      const headers = { "content-type": type };
      const init = { headers, body: '{"ttlMs":1000}' };
      expect((await object.ask("POST", "/v1/x/sessions", init)).status).toBe(415);
    },
  );

  it.each(["", "{", "{}{}", "\u{FEFF}{", '{"ttlMs":1000,}', "[1000]", "1000", "null"])(
    "the JSON %j",
    async (body) => {
      const headers = { "content-type": "application/json" };
      const answer = await unreached().ask("POST", "/v1/x/sessions", { headers, body });
      expect(answer.status).toBe(400);
    },
  );

  it("what is no UTF-8", async () => {
    const headers = { "content-type": "application/json" };
    const body = new Uint8Array([0x22, 0xff, 0x22]);
    const answer = await unreached().ask("POST", "/v1/x/sessions", { headers, body });
    expect(answer.status).toBe(400);
  });

  it.each(["", " ", "a b", "é", "x".repeat(129)])("the idempotency key %j", async (key) => {
    const headers = { "idempotency-key": key };
    const answer = await unreached().ask("PUT", "/v1/x/znodes/a", { headers });
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ errors: [{ in: "header", name: "idempotency-key" }] });
  });

  it("a body that does not come", async () => {
    vi.useFakeTimers();
    try {
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1)),
      });
      const asked = unreached().ask("PUT", "/v1/x/znodes/a", { body });
      while (vi.getTimerCount() === 0) await Promise.resolve();
      vi.runAllTimers();
      expect((await asked).status).toBe(408);
    } finally {
      vi.useRealTimers();
    }
  });

  it("a body that is too large, without reading all of it", async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const answer = await unreached().ask("PUT", "/v1/x/znodes/a", { body });
    expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(2 * 1_048_576);
  });
});

describe("access", () => {
  const closed = { ACCESS: "token", EDGEKEEPER_TOKEN: "correct horse" } as const;
  const paths = ["znodes/a", "children/a", "acl/a", "count/a", "events/a", "locks/a", "counters/a"];

  it.each([
    ...paths,
    "znodes/a%0Ab",
    "znodes/%E2%80%A8",
    "commands/%0A",
    "transactions",
    "sessions",
    "barriers/a",
    "queues/a",
    "claims/a",
    "nothing",
  ])("to %s takes the token", async (path) => {
    const object = new ScriptedObject(() => failed(ErrorCode.noNode, "NoNode"), closed);
    for (const method of ["GET", "PUT", "POST", "DELETE", "PATCH"]) {
      const refused = await object.ask(method, `/v1/x/${path}`);
      expect(refused.status, method).toBe(401);
      expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
      const headers = { authorization: "Bearer correct horse" };
      const { status } = await object.ask(method, `/v1/x/${path}`, { headers });
      expect([200, 400, 404, 405, 415], `${method} ${status}`).toContain(status);
    }
  });

  it("to the document does not", async () => {
    const object = new ScriptedObject(() => done({}), closed);
    for (const path of ["/openapi.json", "/v1/openapi.json", "/docs"]) {
      expect((await object.ask("GET", path)).status, path).toBe(200);
    }
  });
});

describe("the page", () => {
  it("needs nothing from anywhere, and may run nothing", async () => {
    const { headers, text } = await new ScriptedObject(() => done({})).ask("GET", "/docs");
    expect(headers.get("content-type")).toMatch(/^text\/html/);
    const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    expect(headers.get("content-security-policy")).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    expect(text).not.toMatch(/<script|<link|<img|style="|\bon\w+="|url\(|@import|https?:/);
  });

  it("has a place for every link in it, and for the type of every problem", async () => {
    const { text } = await new ScriptedObject(() => done({})).ask("GET", "/docs");
    const ids = new Set([...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(50);
    expect(links.filter((id) => !ids.has(id))).toEqual([]);
    const { json } = await new TestAPI().ask("GET", "/znodes/none");
    expect(ids).toContain(String(json.type).replace("/docs#", ""));
  });
});

function unchanged(): ScriptedObject {
  return new ScriptedObject(() => done({ changed: false, exists: true, zxid: 9 }));
}

function unreached(): ScriptedObject {
  return new ScriptedObject((call) => {
    throw new Error(`${call.name} got through`);
  });
}
