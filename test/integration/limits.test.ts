/**
 * The limits of the namespace "limited", which vitest.config.ts makes small, each with its error.
 */
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { AddWatchMode, CreateFlags, OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { Connection } from "./support/connection.ts";
import { createRequest, setDataRequest, TestClient } from "./support/zookeeper-client.ts";

const { ok, badArguments, marshallingError, throttledOp } = ErrorCode;

describe("limits of a namespace", () => {
  it("a request that is too large costs the connection, one that fits does not", async () => {
    const client = await connect();
    await client.create("/request", "x".repeat(1_000));
    await client.setData("/request", "x".repeat(9_900));
    const tooLarge = client.request(setDataRequest("/request", "x".repeat(10_000)));
    await expect(tooLarge).rejects.toThrow("closed with 1003");
    const next = await connect();
    expect((await next.exists("/request"))?.dataLength).toBe(9_900);
  });

  it("a reply that is too large is a marshalling error, and the connection stays", async () => {
    const client = await connect();
    await client.create("/reply", "x".repeat(3_000));
    expect((await client.request(getData("/reply"))).err).toBe(marshallingError);
    expect((await client.exists("/reply"))?.dataLength).toBe(3_000);
    await client.setData("/reply", "x".repeat(1_800));
    expect((await client.request(getData("/reply"))).err).toBe(ok);
  });

  it("a write that is done is not called failed, however large its reply", async () => {
    const client = await connect();
    await client.create("/many");
    const sets = Array.from({ length: 50 }, (_, i) => setDataRequest("/many", String(i)));
    const answer = await client.multi(sets);
    expect(answer.err).toBe(ok);
    expect(answer.bytes).toBeGreaterThan(2_000);
    expect((await client.exists("/many"))?.version).toBe(50);
  });

  it("a list of too many children is a marshalling error, alone and in a multiRead", async () => {
    const client = await connect();
    await client.create("/parent");
    for (let i = 0; i < 5; i++) await client.create(`/parent/${i}`);
    expect(await client.children("/parent")).toHaveLength(5);
    await client.create("/parent/5");
    for (const type of [OpCode.getChildren, OpCode.getChildren2] as const) {
      const answer = await client.request({ type, path: "/parent", watch: true });
      expect(answer.err).toBe(marshallingError);
    }
    const op = { type: OpCode.getChildren, path: "/parent", watch: false } as const;
    const { reply } = await client.request({ type: OpCode.multiRead, ops: [op] });
    expect(reply).toMatchObject({ results: [{ type: OpCode.error, err: marshallingError }] });
    // Nobody watches what could not be read.
    await client.delete("/parent/5");
    await client.zxid();
    expect(client.events).toEqual([]);
  });

  it("a session has so many watches and no more, and may go on when some have fired", async () => {
    const client = await connect();
    const exists = (path: string) =>
      client.request({ type: OpCode.exists, path: `/w-${path}`, watch: true });
    for (const name of ["a", "b", "c", "d"])
      expect((await exists(name)).err).toBe(ErrorCode.noNode);
    expect((await exists("e")).err).toBe(badArguments);
    const mode = AddWatchMode.persistent;
    const addWatch: Request = { type: OpCode.addWatch, path: "/w-p", mode };
    expect((await client.request(addWatch)).err).toBe(badArguments);
    const setWatches: Request = {
      type: OpCode.setWatches,
      relativeZxid: 0,
      dataWatches: [],
      existWatches: ["/w-x"],
      childWatches: [],
    };
    expect((await client.request(setWatches)).err).toBe(badArguments);
    await client.create("/w-a");
    await client.create("/w-b");
    expect(client.events).toHaveLength(2);
    expect((await client.request(addWatch)).err).toBe(ok);
    const other = await connect();
    await other.create("/w-e");
    await other.create("/w-c");
    await client.zxid();
    expect(client.events).toHaveLength(3);
  });

  it("requests that are too many at once are refused unread, but for pings", async () => {
    const client = await connect();
    await client.create("/throttled");
    const sets = Array.from({ length: 30 }, (_, i) => setDataRequest("/throttled", String(i)));
    const answers = await client.pipeline([...sets, { type: OpCode.ping }]);
    const errors = answers.map(({ err }) => err);
    expect(errors).toEqual([
      ...Array.from({ length: 10 }, () => ok),
      ...Array.from({ length: 20 }, () => throttledOp),
      ok,
    ]);
    expect(await client.getData("/throttled")).toBe("9");
    expect((await client.exists("/throttled"))?.version).toBe(10);
  });

  it("whoever sends fifty times as many at once is disconnected, and its session lives on", async () => {
    const client = await connect();
    await client.create("/flood", "", CreateFlags.ephemeral);
    const gets = Array.from({ length: 501 }, () => getData("/flood"));
    await expect(client.pipeline(gets)).rejects.toThrow("closed with 1008");
    const resumed = await TestClient.connect("limited", client.credentials);
    expect((await resumed.exists("/flood"))?.ephemeralOwner).toBe(client.sessionId);
    const fewer = await resumed.pipeline(gets.slice(0, 500));
    expect(fewer.filter(({ err }) => err === throttledOp)).toHaveLength(490);
  });

  it("are not those of another namespace", async () => {
    const client = await TestClient.connect("unlimited");
    await client.create("/n", "x".repeat(100_000));
    const answers = await client.pipeline(
      Array.from({ length: 100 }, (_, i) => createRequest(`/n/${i}`)),
    );
    expect(answers.every(({ err }) => err === ok)).toBe(true);
    expect(await client.children("/n", true)).toHaveLength(100);
    expect(await client.getData("/n")).toHaveLength(100_000);
  });

  it("that make no sense let nobody in", async () => {
    await expect(Connection.open("broken")).rejects.toThrow();
  });
});

function connect(): Promise<TestClient> {
  return TestClient.connect("limited");
}

function getData(path: string): Request {
  return { type: OpCode.getData, path, watch: false };
}
