/**
 * Our client inside workerd, on a WebSocket that it gets from a fetch, with an object that hibernates under it.
 */
import { SELF } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import {
  connect,
  type NodeEvent,
  type SessionLostEvent,
  type ZooKeeper,
} from "../../src/client/index.ts";
import { TestNamespace } from "./support/namespace.ts";

async function open(namespace: TestNamespace): Promise<ZooKeeper> {
  return await connect(`https://edgekeeper/v1/${namespace.name}`, {
    webSocket: async (url) => {
      const request = new Request(url.replace(/^ws/, "http"), {
        headers: { upgrade: "websocket" },
      });
      const { status, webSocket } = await SELF.fetch(request);
      if (webSocket === null) throw new Error(`the upgrade was answered with ${status}`);
      return webSocket;
    },
  });
}

describe("the client in workerd", () => {
  it("keeps its session, watches and requests while the object hibernates", async () => {
    const namespace = new TestNamespace();
    const [zk, other] = [await open(namespace), await open(namespace)];
    const { session } = zk;
    await zk.create("/a", "1", { mode: "ephemeral" });
    const { promise, resolve } = Promise.withResolvers<NodeEvent | SessionLostEvent>();
    await zk.getData("/a", { watch: resolve });
    const stream = zk.watch("/", { recursive: true });
    await stream.next();
    await namespace.hibernate();
    await other.setData("/a", "2");
    expect(await promise).toMatchObject({ type: "NodeDataChanged", path: "/a" });
    expect(await stream.next()).toMatchObject({ value: { type: "NodeDataChanged", path: "/a" } });
    expect((await zk.exists("/a"))?.ephemeralOwner).toBe(session?.id);
    expect(zk.session).toBe(session);
    await zk.close();
    expect(await other.exists("/a")).toBeUndefined();
    await other.close();
  });
});
