/**
 * `node-zookeeper-client` from npm, as it is, against the server.
 */
import zookeeper from "node-zookeeper-client";
import { expect, test } from "vitest";
import { startEdgekeeper } from "../support/edgekeeper-server.ts";
import { soon } from "./support/conditions.ts";
import { describeNodeClient } from "./support/node-client-suite.ts";
import { NodeClient } from "./support/node-client.ts";

const { CreateMode } = zookeeper;
const TICK_TIME_MS = 500;

describeNodeClient(async () => {
  const server = await startEdgekeeper({ tickTimeMs: TICK_TIME_MS });
  return {
    address: `${server.host}:${server.zkPort}`,
    chroot: "",
    tickTimeMs: TICK_TIME_MS,
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  };
});

test("a client comes back after a kill -9 and a restart, with its session, ephemerals and watches", async () => {
  await using first = await startEdgekeeper();
  const connection = `${first.host}:${first.zkPort}`;
  const zk = await NodeClient.open(connection);
  const other = await NodeClient.open(connection);
  try {
    await zk.create("/survivor", "before");
    await zk.create("/survivor/ephemeral", "x", CreateMode.EPHEMERAL);
    await zk.getData("/survivor", true);
    await zk.exists("/survivor/later", true);
    const sessionId = zk.client.getSessionId();

    await first.kill();
    await Promise.all([zk.until("disconnected"), other.until("disconnected")]);
    // Asked for while nobody listens: it waits in the client.
    const waiting = other.setData("/survivor", "after");
    const { dataDir } = first;
    await using second = await startEdgekeeper({
      dataDir,
      args: ["--zk-port", String(first.zkPort)],
    });
    expect(second.zkPort).toBe(first.zkPort);
    expect((await soon("the write that waited", waiting)).version).toBe(1);
    await zk.until("NODE_DATA_CHANGED /survivor");
    await other.create("/survivor/later");
    await zk.until("NODE_CREATED /survivor/later");

    expect(zk.client.getSessionId().equals(sessionId)).toBe(true);
    const ephemeral = await other.exists("/survivor/ephemeral");
    expect(ephemeral?.ephemeralOwner.equals(sessionId)).toBe(true);
    expect(zk.log.filter((entry) => !entry.startsWith("NODE"))).toEqual([
      "connected",
      "disconnected",
      "connected",
    ]);
    await Promise.all([zk.close(), other.close()]);
  } finally {
    zk.client.close();
    other.client.close();
  }
});
