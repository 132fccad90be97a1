/** Long polls and server-sent events of a real object. */
import { describe, expect, it } from "vitest";
import { EventReader } from "./support/events.ts";
import { type Answer, statOf, TestAPI } from "./support/http.ts";

/** Asks, and waits until the object has heard of it: what is asked of it now comes behind. */
async function begun<T>(api: TestAPI, ask: () => Promise<T>): Promise<{ answer: Promise<T> }> {
  let { calls } = await api.namespace.counters();
  const answer = ask();
  for (;;) {
    calls += 1; // The next look at them.
    if ((await api.namespace.counters()).calls > calls) return { answer };
  }
}

describe("a long poll of data", () => {
  it("is answered by a change", async () => {
    const api = new TestAPI();
    const created = await api.create("/a", "one");
    const since = statOf(created).mzxid;
    const polling = await begun(api, () => api.ask("GET", `/znodes/a?wait=60s&since=${since}`));
    await api.ask("PUT", "/znodes/a", { body: "two" });
    const answer = await polling.answer;
    expect(answer.status).toBe(200);
    expect(answer.text).toBe("two");
    expect(statOf(answer).mzxid).toBeGreaterThan(since ?? NaN);
  });

  it("knows from If-None-Match what the caller has", async () => {
    const api = new TestAPI();
    const etag = (await api.create("/a", "one")).headers.get("etag") ?? "";
    const headers = { "if-none-match": etag };
    const polling = await begun(api, () => api.ask("GET", "/znodes/a?wait=60s", { headers }));
    await api.ask("PUT", "/znodes/a", { body: "two" });
    expect((await polling.answer).text).toBe("two");
  });

  it("is answered at once when there is something new", async () => {
    const api = new TestAPI();
    const since = statOf(await api.create("/a", "one")).mzxid;
    await api.ask("PUT", "/znodes/a", { body: "two" });
    expect((await api.ask("GET", `/znodes/a?wait=60s&since=${since}`)).text).toBe("two");
  });

  it("says when nothing changed", async () => {
    const api = new TestAPI();
    const since = statOf(await api.create("/a", "one")).mzxid;
    for (const wait of ["0", "1", "10ms"]) {
      const answer = await api.ask("GET", `/znodes/a?wait=${wait}&since=${since}`);
      expect(answer.status).toBe(304);
      expect(answer.text).toBe("");
    }
  });

  it("waits for a znode that is not there yet, and for one to go", async () => {
    const api = new TestAPI();
    expect((await api.ask("GET", "/znodes/a?wait=10ms&since=0")).status).toBe(404);
    const coming = await begun(api, () => api.ask("GET", "/znodes/a?wait=60s&since=0"));
    await api.create("/a", "here");
    const came = await coming.answer;
    expect(came.text).toBe("here");
    const since = statOf(came).mzxid;
    const going = await begun(api, () => api.ask("GET", `/znodes/a?wait=60s&since=${since}`));
    await api.ask("DELETE", "/znodes/a");
    expect((await going.answer).status).toBe(404);
  });

  it("does not mind changes of children", async () => {
    const api = new TestAPI();
    const since = statOf(await api.create("/a", "one")).mzxid;
    await api.create("/a/b");
    expect((await api.ask("GET", `/znodes/a?wait=10ms&since=${since}`)).status).toBe(304);
  });
});

describe("a long poll of children", () => {
  it("is answered by a child that comes or goes", async () => {
    const api = new TestAPI();
    await api.create("/p");
    let known = await api.ask("GET", "/children/p");
    const poll = (): Promise<Answer> => {
      const headers = { "if-none-match": known.headers.get("etag") ?? "" };
      return api.ask("GET", "/children/p?wait=60s", { headers });
    };
    for (const [method, children] of [
      ["PUT", [{ name: "c" }]],
      ["DELETE", []],
    ] as const) {
      const polling = await begun(api, poll);
      await api.ask(method, "/znodes/p/c");
      known = await polling.answer;
      expect(known.json.children).toEqual(children);
    }
    await api.ask("PUT", "/znodes/p", { body: "data" });
    const headers = { "if-none-match": known.headers.get("etag") ?? "" };
    expect((await api.ask("GET", "/children/p?wait=10ms", { headers })).status).toBe(304);
  });
});

describe("events", () => {
  it("follow a znode through its life", async () => {
    const api = new TestAPI();
    const reader = new EventReader(await api.fetch("GET", "/events/a"));
    expect(await reader.next()).toMatchObject({ id: "0", data: { exists: false } });
    const created = await api.create("/a", "one");
    expect(await reader.next()).toMatchObject({
      id: String(statOf(created).mzxid),
      data: { path: "/a", exists: true, data: btoa("one"), stat: { version: 0 } },
    });
    await api.ask("PUT", "/znodes/a", { body: "two" });
    expect(await reader.next()).toMatchObject({ data: { data: btoa("two") } });
    await api.ask("DELETE", "/znodes/a");
    expect(await reader.next()).toMatchObject({ id: "0", data: { exists: false } });
    await reader.cancel();
  });

  it("go on where they were cut", async () => {
    const api = new TestAPI();
    await api.create("/a", "one");
    const first = new EventReader(await api.fetch("GET", "/events/a"));
    const { id = "" } = (await first.next()) ?? {};
    await first.cancel();
    await api.ask("PUT", "/znodes/a", { body: "two" }); // While nobody listened.
    const headers = { "last-event-id": id };
    const second = new EventReader(await api.fetch("GET", "/events/a", { headers }));
    expect(await second.next()).toMatchObject({ data: { data: btoa("two") } });
    await second.cancel();
  });

  it("tell of children", async () => {
    const api = new TestAPI();
    await api.create("/p");
    const reader = new EventReader(await api.fetch("GET", "/events/p?of=children"));
    expect(await reader.next()).toMatchObject({ data: { stat: { numChildren: 0 } } });
    await api.create("/p/c");
    expect(await reader.next()).toMatchObject({ data: { stat: { numChildren: 1 } } });
    await reader.cancel();
  });
});
