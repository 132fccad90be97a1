/** Sessions and locks over HTTP. */
import { describe, expect, it } from "vitest";
import { TestAPI } from "./support/http.ts";

const TTL_MS = 10_000;

describe("sessions", () => {
  it("are opened, kept alive and closed", async () => {
    const api = new TestAPI();
    const opened = await api.ask("POST", "/sessions", { json: { ttlMs: TTL_MS } });
    expect(opened.status).toBe(201);
    expect(opened.json.ttlMs).toBe(TTL_MS);
    const session = String(opened.json.session);
    expect(session.startsWith(`${String(opened.json.sessionId)}.`)).toBe(true);
    const headers = { "edgekeeper-session": session };
    const renewed = await api.ask("PUT", "/sessions", { headers });
    expect(renewed.json).toEqual({ ttlMs: TTL_MS });
    expect((await api.ask("DELETE", "/sessions", { headers })).status).toBe(204);
    for (const method of ["PUT", "DELETE"]) {
      const { status, json } = await api.ask(method, "/sessions", { headers });
      expect(status, method).toBe(409);
      expect(json).toMatchObject({ name: "notHeld", code: -2003 });
    }
  });

  it("are of no use without their password", async () => {
    const api = new TestAPI();
    const opened = await api.ask("POST", "/sessions", { json: { ttlMs: TTL_MS } });
    const headers = {
      "edgekeeper-session": `${String(opened.json.sessionId)}.AAAAAAAAAAAAAAAAAAAAAA`,
    };
    expect((await api.ask("DELETE", "/sessions", { headers })).status).toBe(409);
    expect((await api.ask("POST", "/znodes/e?mode=ephemeral", { headers })).status).toBe(409);
  });

  it.each([{}, { ttlMs: 999 }, { ttlMs: 86_400_001 }, { ttlMs: "1000" }, { ttlMs: 1_000.5 }, []])(
    "are not opened with %j",
    async (json) => {
      expect((await new TestAPI().ask("POST", "/sessions", { json })).status).toBe(400);
    },
  );

  it("must be named, in a header", async () => {
    for (const method of ["PUT", "DELETE"]) {
      const { status, json } = await new TestAPI().ask(method, "/sessions");
      expect(status).toBe(400);
      expect(json).toMatchObject({ errors: [{ in: "header", name: "edgekeeper-session" }] });
    }
  });

  it("own what a transaction creates for them", async () => {
    const api = new TestAPI();
    const opened = await api.ask("POST", "/sessions", { json: { ttlMs: TTL_MS } });
    const headers = { "edgekeeper-session": String(opened.json.session) };
    const ops = [{ type: "create", path: "/e", mode: "ephemeral" }];
    const done = await api.ask("POST", "/transactions", { headers, json: { ops } });
    expect(done.status).toBe(200);
    const { json } = await api.ask("GET", "/znodes/e", { headers: { accept: "application/json" } });
    expect(json).toMatchObject({ stat: { ephemeralOwner: opened.json.sessionId } });
    // Without a session there is nobody for it to belong to.
    expect((await api.ask("POST", "/transactions", { json: { ops } })).status).toBe(400);
  });
});

describe("locks", () => {
  it("are acquired by one, and released for the next", async () => {
    const api = new TestAPI();
    const acquire = (holder: string) =>
      api.ask("POST", "/locks/l", { json: { ttlMs: TTL_MS, holder } });
    const first = await acquire("first");
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ path: "/l", ttlMs: TTL_MS, ahead: 0 });
    const refused = await acquire("second");
    expect(refused.status).toBe(423);
    expect(refused.headers.get("content-type")).toBe("application/problem+json");
    expect(refused.json).toMatchObject({
      name: "locked",
      ahead: 1,
      holders: [{ holder: "first", token: first.json.token }],
    });
    const { retryAfterMs } = refused.json as { retryAfterMs: number };
    expect(refused.headers.get("retry-after")).toBe(String(Math.ceil(retryAfterMs / 1_000)));
    const headers = { "edgekeeper-lock": String(first.json.id) };
    expect((await api.ask("DELETE", "/locks/l", { headers })).status).toBe(204);
    expect((await api.ask("DELETE", "/locks/l", { headers })).status).toBe(204);
    const second = await acquire("second");
    expect(second.status).toBe(200);
    expect(second.json.token).toBeGreaterThan(Number(first.json.token));
  });

  it("are waited for", async () => {
    const api = new TestAPI();
    const first = await api.ask("POST", "/locks/l", { json: { ttlMs: TTL_MS } });
    const waiting = api.ask("POST", "/locks/l", { json: { ttlMs: TTL_MS, waitMs: 15_000 } });
    let waiters: unknown[] = [];
    while (waiters.length === 0) {
      waiters = (await api.ask("GET", "/locks/l")).json.waiters as unknown[];
    }
    const headers = { "edgekeeper-lock": String(first.json.id) };
    await api.ask("DELETE", "/locks/l", { headers });
    expect((await waiting).status).toBe(200);
  });

  it("are renewed by who holds them", async () => {
    const api = new TestAPI();
    const { json } = await api.ask("POST", "/locks/l", { json: { ttlMs: TTL_MS } });
    const headers = { "edgekeeper-lock": String(json.id) };
    const same = await api.ask("PUT", "/locks/l", { headers });
    expect(same.json).toMatchObject({ id: json.id, token: json.token, ttlMs: TTL_MS });
    const longer = await api.ask("PUT", "/locks/l", { headers, json: { ttlMs: 60_000 } });
    expect(longer.json).toMatchObject({ ttlMs: 60_000 });
    const elsewhere = await api.ask("PUT", "/locks/other", { headers });
    expect(elsewhere.status).toBe(400);
    await api.ask("DELETE", "/locks/l", { headers });
    const late = await api.ask("PUT", "/locks/l", { headers });
    expect(late.status).toBe(409);
    expect(late.json.name).toBe("notHeld");
    const unknown = { "edgekeeper-lock": "whatever" };
    expect((await api.ask("PUT", "/locks/l", { headers: unknown })).status).toBe(409);
  });

  it("are shared by readers, and kept from writers", async () => {
    const api = new TestAPI();
    const acquire = async (mode: string) =>
      (await api.ask("POST", "/locks/rw", { json: { ttlMs: TTL_MS, mode } })).status;
    expect(await acquire("shared")).toBe(200);
    expect(await acquire("shared")).toBe(200);
    const { json } = await api.ask("GET", "/locks/rw?mode=shared");
    expect(json).toMatchObject({ holders: [{}, {}], waiters: [] });
  });

  it("are as many as a semaphore has permits", async () => {
    const api = new TestAPI();
    const acquire = () =>
      api.ask("POST", "/locks/s", { json: { ttlMs: TTL_MS, mode: "semaphore", permits: 2 } });
    expect((await acquire()).status).toBe(200);
    expect((await acquire()).status).toBe(200);
    const refused = await acquire();
    expect(refused.status).toBe(423);
    expect(refused.json).toMatchObject({ holders: [{}, {}] });
    const { json } = await api.ask("GET", "/locks/s?mode=semaphore&permits=2");
    expect(json).toMatchObject({ holders: [{}, {}] });
  });

  it("are broken by force, and only by force", async () => {
    const api = new TestAPI();
    const { json } = await api.ask("POST", "/locks/l", { json: { ttlMs: TTL_MS } });
    expect((await api.ask("DELETE", "/locks/l")).status).toBe(400);
    expect((await api.ask("DELETE", "/locks/l?force=false")).status).toBe(400);
    const headers = { "edgekeeper-lock": String(json.id) };
    expect((await api.ask("DELETE", "/locks/l?force=true", { headers })).status).toBe(400);
    const broken = await api.ask("DELETE", "/locks/l?force=true");
    expect(broken.status).toBe(200);
    expect(broken.json).toEqual({ broken: 1 });
    expect((await api.ask("PUT", "/locks/l", { headers })).status).toBe(409);
  });

  it.each([
    {},
    { ttlMs: 500 },
    { ttlMs: TTL_MS, waitMs: 60_001 },
    { ttlMs: TTL_MS, mode: "other" },
    { ttlMs: TTL_MS, mode: "semaphore" },
    { ttlMs: TTL_MS, permits: 2 },
    { ttlMs: TTL_MS, mode: "semaphore", permits: 0 },
    { ttlMs: TTL_MS, holder: "x".repeat(257) },
  ])("are not acquired with %j", async (json) => {
    expect((await new TestAPI().ask("POST", "/locks/l", { json })).status).toBe(400);
  });

  it("are not at the root", async () => {
    const json = { ttlMs: TTL_MS };
    expect((await new TestAPI().ask("POST", "/locks/", { json })).status).toBe(400);
    expect((await new TestAPI().ask("POST", "/locks", { json })).status).toBe(404);
  });
});
