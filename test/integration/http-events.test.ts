/** Server-sent events, of an object that says what a test wants. */
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import type { Call, CallResult } from "../../src/services/call.ts";
import { EventReader } from "./support/events.ts";
import { done, failed, ScriptedObject } from "./support/scripted-object.ts";

/** A znode whose changes are given in their order: its mzxid after each, 0 for being gone; then an error, or nothing more. */
function changing(mzxids: readonly number[], end?: CallResult) {
  let at = 0;
  const object: ScriptedObject = new ScriptedObject((call: Call): CallResult => {
    const mzxid = mzxids[at] ?? 0;
    switch (call.name) {
      case "getData":
        if (mzxid === 0) return failed(ErrorCode.noNode, "NoNode");
        return done({ data: new TextEncoder().encode(`at ${mzxid}`), stat: statAt(mzxid) });
      case "exists":
        return done({ stat: mzxid === 0 ? null : statAt(mzxid) });
      case "awaitChange": {
        if (call.since !== mzxid) return done({ changed: true, exists: mzxid > 0, zxid: mzxid });
        if (at + 1 >= mzxids.length && end !== undefined) return end;
        at += 1;
        const next = mzxids[at] ?? 0;
        return done({ changed: next !== mzxid, exists: next > 0, zxid: next });
      }
      default:
        throw new Error(`nobody asks for ${call.name}`);
    }
  });
  return object;
}

function statAt(zxid: number) {
  return {
    czxid: 1,
    mzxid: zxid,
    pzxid: zxid,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n,
    dataLength: 0,
    numChildren: 0,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

const OVER = failed(ErrorCode.noAuth, "NoAuth");

async function follow(object: ScriptedObject, query = "", headers = {}): Promise<EventReader> {
  const response = await object.fetch("GET", `/v1/x/events/a${query}`, { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(response.headers.get("cache-control")).toBe("no-store");
  return new EventReader(response);
}

async function allOf(reader: EventReader): Promise<[string, string | undefined][]> {
  const events: [string, string | undefined][] = [];
  for (;;) {
    const event = await reader.next();
    if (event === undefined) return events;
    events.push([event.type, event.id]);
  }
}

describe("events", () => {
  it("tell of the state at first, then of every other one", async () => {
    const reader = await follow(changing([5, 6, 0, 9], OVER));
    expect(await reader.next()).toEqual({
      id: "5",
      type: "change",
      data: {
        path: "/a",
        exists: true,
        zxid: 5,
        data: btoa("at 5"),
        stat: { ...statAt(5), ephemeralOwner: 0 },
      },
    });
    expect(await reader.next()).toMatchObject({ id: "6", data: { data: btoa("at 6") } });
    expect(await reader.next()).toEqual({
      id: "0",
      type: "change",
      data: { path: "/a", exists: false, zxid: 0 },
    });
    expect(await reader.next()).toMatchObject({ id: "9", data: { exists: true } });
  });

  it("end with the reason", async () => {
    const reader = await follow(changing([5], OVER));
    await reader.next();
    expect(await reader.next()).toMatchObject({
      id: undefined,
      type: "problem",
      data: { status: 403, name: "NoAuth", code: -102 },
    });
    expect(await reader.next()).toBeUndefined();
  });

  it("of children have no data", async () => {
    const reader = await follow(changing([5], OVER), "?of=children");
    const event = await reader.next();
    expect(event).toMatchObject({ id: "5", data: { exists: true, zxid: 5, stat: { pzxid: 5 } } });
    expect(event?.data).not.toHaveProperty("data");
  });

  it("begin with what is new since Last-Event-ID", async () => {
    const known = await follow(changing([5, 6], OVER), "", { "last-event-id": "5" });
    expect(await allOf(known)).toEqual([
      ["change", "6"],
      ["problem", undefined],
    ]);
    const old = await follow(changing([5], OVER), "", { "last-event-id": "3" });
    expect(await allOf(old)).toEqual([
      ["change", "5"],
      ["problem", undefined],
    ]);
    // What came back with a connection is newer than what the URL says.
    const both = await follow(changing([5, 5], OVER), "?since=3", { "last-event-id": "5" });
    expect(await allOf(both)).toEqual([["problem", undefined]]);
    const gone = await follow(changing([0], OVER), "?since=5");
    expect(await allOf(gone)).toEqual([
      ["change", "0"],
      ["problem", undefined],
    ]);
  });

  it("have heartbeats between them", async () => {
    const reader = await follow(changing([5, 5, 5, 6], OVER));
    await reader.next();
    expect(await reader.next()).toMatchObject({ id: "6" });
    expect(reader.comments).toBe(2);
  });

  it("are waited for less long than any proxy waits", async () => {
    const object = changing([5, 6], OVER);
    await allOf(await follow(object));
    const waits = object.asked.flatMap(({ call }) =>
      call.name === "awaitChange" ? [call.waitMs] : [],
    );
    expect(new Set(waits)).toEqual(new Set([25_000]));
  });

  it("are not asked for any more when the client is gone", async () => {
    const changed = Promise.withResolvers<CallResult>();
    const object = new ScriptedObject((call) =>
      call.name === "awaitChange" ? changed.promise : done({ data: null, stat: statAt(5) }),
    );
    const reader = await follow(object);
    await reader.next();
    const isWaiting = (): boolean => object.asked.at(-1)?.call.name === "awaitChange";
    const reading = reader.next();
    while (!isWaiting()) await turn();
    const before = object.asked.length;
    await reader.cancel();
    expect(await reading).toBeUndefined();
    changed.resolve(done({ changed: true, exists: true, zxid: 6 }));
    await turn(); // Whoever would ask again has had one.
    expect(object.asked.map(({ call }) => call.name).slice(before)).not.toContain("awaitChange");
  });

  it("begin with a failure where there is nothing to follow", async () => {
    const object = new ScriptedObject(() => OVER);
    for (const query of ["", "?since=5"]) {
      const answer = await object.ask("GET", `/v1/x/events/a${query}`);
      expect(answer.status).toBe(403);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
    }
  });

  it.each(["?of=stats", "?since=x", "?since=-1"])("are not for %s", async (query) => {
    const answer = await new ScriptedObject(() => OVER).ask("GET", `/v1/x/events/a${query}`);
    expect(answer.status).toBe(400);
  });

  it.each(["x", "-1", "1.5", "9".repeat(16)])("do not resume from %s", async (id) => {
    const headers = { "last-event-id": id };
    const answer = await new ScriptedObject(() => OVER).ask("GET", "/v1/x/events/a", { headers });
    expect(answer.status).toBe(400);
  });
});
