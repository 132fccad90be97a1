/** Requests that are sent again with the same key. */
import { describe, expect, it } from "vitest";
import { TestAPI } from "./support/http.ts";

describe("an idempotency key", () => {
  it("gets the first answer, and does nothing again", async () => {
    const api = new TestAPI();
    const headers = { "idempotency-key": "k1" };
    const create = () =>
      api.ask("POST", "/znodes/n-?mode=persistentSequential", { headers, body: "x" });
    const first = await create();
    expect(first.status).toBe(201);
    const again = await create();
    expect(again.status).toBe(201);
    expect(again.json).toEqual(first.json);
    expect(again.headers.get("location")).toBe(first.headers.get("location"));
    const { json } = await api.ask("GET", "/children/");
    expect(json.children).toHaveLength(2); // With /zookeeper.
  });

  it("keeps a failure, too", async () => {
    const api = new TestAPI();
    const headers = { "idempotency-key": "k1" };
    expect((await api.ask("DELETE", "/znodes/a", { headers })).status).toBe(404);
    await api.create("/a");
    expect((await api.ask("DELETE", "/znodes/a", { headers })).status).toBe(404);
    expect((await api.ask("GET", "/znodes/a")).status).toBe(200);
  });

  it("is for one request", async () => {
    const api = new TestAPI();
    const headers = { "idempotency-key": "k1" };
    await api.ask("PUT", "/znodes/a", { headers, body: "one" });
    for (const [method, path] of [
      ["PUT", "/znodes/a"],
      ["PUT", "/znodes/b"],
      ["DELETE", "/znodes/a"],
    ] as const) {
      const answer = await api.ask(method, path, { headers, body: "two" });
      expect(answer.status, `${method} ${path}`).toBe(422);
      expect(answer.json).toMatchObject({ name: "idempotencyKeyReused", code: -2002 });
    }
    expect((await api.ask("GET", "/znodes/a")).text).toBe("one");
  });

  it("stands for a precondition that held then", async () => {
    const api = new TestAPI();
    const etag = (await api.create("/a", "one")).headers.get("etag") ?? "";
    const headers = { "idempotency-key": "k1", "if-match": etag };
    const put = () => api.ask("PUT", "/znodes/a", { headers, body: "two" });
    const first = await put();
    expect(first.status).toBe(200);
    const again = await put();
    expect(again.status).toBe(200);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
  });

  it("finds the lock and the session again that it got", async () => {
    const api = new TestAPI();
    const acquire = () =>
      api.ask("POST", "/locks/l", {
        headers: { "idempotency-key": "lock" },
        json: { ttlMs: 10_000 },
      });
    const first = await acquire();
    const again = await acquire();
    expect(again.status).toBe(200);
    expect(again.json).toMatchObject({ id: first.json.id, token: first.json.token });
    const open = () =>
      api.ask("POST", "/sessions", {
        headers: { "idempotency-key": "session" },
        json: { ttlMs: 10_000 },
      });
    expect((await open()).json.session).toBe((await open()).json.session);
  });
});
