/**
 * Writes with an idempotency key over a socket: done once, also when the object dies between the commit and the reply.
 */
import { describe, expect, it } from "vitest";
import { IdempotencyKey } from "../../src/client/index.ts";
import { writeIdempotencyKey } from "../../src/protocol/idempotency-key.ts";
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { writeRequestHeader } from "../../src/protocol/records.ts";
import { type Request, writeRequest } from "../../src/protocol/requests.ts";
import { connectTo } from "./support/client.ts";
import { useClock } from "./support/clock.ts";
import { Connection, eventually, frameOf } from "./support/connection.ts";
import { TestNamespace } from "./support/namespace.ts";
import { createRequest, handshake } from "./support/zookeeper-client.ts";

useClock();

const SEQUENTIAL = { mode: "persistentSequential" } as const;

function keyedFrame(xid: number, request: Request, key: string): Uint8Array {
  return frameOf((writer) => {
    writeRequestHeader(writer, { xid, type: request.type });
    writeRequest(writer, request);
    writeIdempotencyKey(writer, key);
  });
}

describe("a write with an idempotency key", () => {
  it("costs one row more, and none when it is asked for again", async () => {
    const namespace = new TestNamespace();
    const zk = await connectTo(namespace);
    await zk.create("/a", null, { idempotencyKey: new IdempotencyKey() });
    const key = { idempotencyKey: new IdempotencyKey() };
    expect(await namespace.rowsWrittenBy(() => zk.setData("/a", "x"))).toBe(1);
    expect(await namespace.rowsWrittenBy(() => zk.setData("/a", "y", key))).toBe(2);
    expect(await namespace.rowsWrittenBy(() => zk.setData("/a", "y", key))).toBe(0);
    await zk.close();
  });

  it("is answered once when the same is in one batch twice", async () => {
    const namespace = new TestNamespace();
    const connection = await Connection.open(namespace.name);
    await handshake(connection);
    const request = createRequest("/a-", "", CreateFlags.persistentSequential);
    connection.send(keyedFrame(1, request, "k"), keyedFrame(2, request, "k"));
    await eventually(async () => {
      expect(await namespace.rows("SELECT key FROM answers")).toHaveLength(1);
    });
    const other = await namespace.connect();
    expect(await other.children("/")).toEqual(["a-0000000000", "zookeeper"]);
  });

  it("is not done again, nor unknown, when the object dies between the commit and the reply", async () => {
    const namespace = new TestNamespace();
    const zk = await connectTo(namespace);
    const idempotencyKey = new IdempotencyKey();
    const died = namespace.inside(async (state) => {
      await eventually(() => {
        expect(state.storage.sql.exec("SELECT key FROM answers").toArray()).not.toEqual([]);
      });
      await state.storage.sync();
      state.abort("a test says so");
    });
    const failed = expect(died).rejects.toThrow("a test says so");
    const created = await zk.create("/a-", null, { ...SEQUENTIAL, idempotencyKey });
    await failed;
    const again = await zk.create("/a-", null, { ...SEQUENTIAL, idempotencyKey });
    expect(again).toEqual(created);
    const { children } = await zk.getChildren("/");
    expect(children.toSorted()).toEqual(["a-0000000000", "zookeeper"]);
    await zk.close();
  });
});
