import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ZooKeeper } from "../../../src/client/index.ts";
import {
  randomStrategy,
  roundRobinStrategy,
  ServiceDiscovery,
  stickyStrategy,
} from "../../../src/recipes/index.ts";
import { ManualClock, TestServer } from "../../../src/testing/index.ts";
import { settled, until } from "./support/progress.ts";

let clock: ManualClock;
let server: TestServer<ManualClock>;
let zk: ZooKeeper;
let other: ZooKeeper;
let discovery: ServiceDiscovery;

beforeEach(async () => {
  clock = new ManualClock();
  server = new TestServer({ clock });
  zk = await server.connect();
  other = await server.connect();
  discovery = new ServiceDiscovery(zk, "/services");
});

afterEach(() => server.close());

function idsOf(instances: readonly { readonly id: string }[]): string[] {
  return instances.map(({ id }) => id);
}

async function register(...ids: readonly string[]): Promise<void> {
  for (const id of ids) await discovery.register({ name: "s", id });
}

async function picks(
  strategy: ReturnType<typeof roundRobinStrategy>,
  count: number,
): Promise<(string | undefined)[]> {
  await register("a", "b", "c");
  const provider = await discovery.provider("s", { strategy });
  return Array.from({ length: count }, () => provider.pick()?.id);
}

describe("registering", () => {
  it("writes Curator's JSON to Curator's path", async () => {
    const { instance } = await discovery.register({
      name: "s",
      id: "a",
      address: "10.0.0.1",
      port: 80,
      payload: "free text",
    });
    const { data, stat } = await other.getData("/services/s/a");
    expect(JSON.parse(new TextDecoder().decode(data ?? undefined))).toEqual({
      name: "s",
      id: "a",
      address: "10.0.0.1",
      port: 80,
      sslPort: null,
      payload: "free text",
      registrationTimeUTC: instance.registrationTimeUTC,
      serviceType: "DYNAMIC",
      uriSpec: null,
      enabled: true,
    });
    expect(stat.ephemeralOwner).toBe(zk.session?.id);
  });

  it("is undone by unregistering, and survives the session", async () => {
    const registration = await discovery.register({ name: "s", id: "a" });
    server.expireSession(zk);
    await until(clock, () => zk.state === "connected" && registration.isPresent);
    expect(idsOf(await discovery.instances("s"))).toEqual(["a"]);
    await registration.unregister();
    expect(await discovery.instances("s")).toEqual([]);
    await until(clock, () => server.paths().length === 0);
  });

  it("replaces what an earlier run of the same instance has left", async () => {
    await register("a");
    const next = new ServiceDiscovery(other, "/services");
    await next.register({ name: "s", id: "a", port: 2 });
    server.expireSession(zk);
    await clock.advance(1_000);
    const [instance] = await next.instances("s");
    expect(instance?.port).toBe(2);
  });
});

describe("looking up", () => {
  it("finds services and their instances", async () => {
    await register("a", "b");
    await discovery.register({ name: "t" });
    expect((await discovery.names()).sort()).toEqual(["s", "t"]);
    expect(idsOf(await discovery.instances("s"))).toEqual(["a", "b"]);
    expect(await discovery.instances("nothing")).toEqual([]);
  });

  it("leaves out what is no instance, and takes Curator's defaults for what is missing", async () => {
    await register("a");
    await other.create("/services/s/x", "no JSON");
    await other.create("/services/s/y", "[]");
    await other.create("/services/s/z", JSON.stringify({ name: "s", id: "z", unknown: 1 }));
    const [, z] = await discovery.instances("s");
    expect(z).toEqual({
      name: "s",
      id: "z",
      address: null,
      port: null,
      sslPort: null,
      payload: null,
      registrationTimeUTC: 0,
      serviceType: "DYNAMIC",
      uriSpec: null,
      enabled: true,
    });
    const provider = await discovery.provider("s");
    expect(idsOf(provider.all)).toEqual(["a", "z"]);
  });
});

describe("a provider", () => {
  it("follows what is registered, changed and unregistered", async () => {
    const provider = await new ServiceDiscovery(other, "/services").provider("s");
    expect(provider.pick()).toBeUndefined();
    const registration = await discovery.register({ name: "s", id: "a", port: 1 });
    await clock.advance(0);
    expect(provider.pick()?.port).toBe(1);
    registration.update({ port: 2 });
    await clock.advance(0);
    expect(provider.pick()?.port).toBe(2);
    registration.update({ enabled: false });
    await clock.advance(0);
    expect(provider.pick()).toBeUndefined();
    expect(idsOf(provider.all)).toEqual(["a"]);
    await registration.unregister();
    await clock.advance(0);
    expect(provider.all).toEqual([]);
  });

  it("tells of what is no instance, and of changes", async () => {
    const provider = await discovery.provider("s");
    const told: string[] = [];
    provider.on("error", (error) => told.push(String(error)));
    provider.on("change", () => told.push("change"));
    await register("a");
    await other.create("/services/s/x", "no JSON");
    await clock.advance(0);
    expect(told).toEqual(["change", "Error: no service instance: /services/s/x", "change"]);
  });

  it("does not choose what is down, until that is over", async () => {
    await register("a", "b");
    const provider = await discovery.provider("s", { downErrors: 2, downMs: 1_000 });
    const a = provider.all[0];
    if (a === undefined) throw new Error("no instance");
    provider.noteError(a);
    expect(idsOf(provider.available)).toEqual(["a", "b"]);
    provider.noteError(a);
    expect(idsOf(provider.available)).toEqual(["b"]);
    await clock.advance(999);
    expect(idsOf(provider.available)).toEqual(["b"]);
    await clock.advance(1);
    expect(idsOf(provider.available)).toEqual(["a", "b"]);
    // The earlier errors are forgotten.
    provider.noteError(a);
    expect(idsOf(provider.available)).toEqual(["a", "b"]);
  });

  it("gives an instance that registers again another chance", async () => {
    const registration = await discovery.register({ name: "s", id: "a" });
    const provider = await discovery.provider("s", { downErrors: 1 });
    provider.noteError(registration.instance);
    expect(provider.pick()).toBeUndefined();
    await registration.unregister();
    await register("a");
    await clock.advance(0);
    expect(provider.pick()?.id).toBe("a");
  });

  it("goes on with what it knows while the client is away", async () => {
    await register("a");
    const provider = await new ServiceDiscovery(other, "/services").provider("s");
    server.stop();
    await until(clock, () => other.state === "lost");
    expect(provider.pick()?.id).toBe("a");
    server.start();
    await until(clock, () => other.state === "connected");
    await settled(clock, provider.close());
  });
});

describe("strategies", () => {
  it("round robin takes one after another", async () => {
    expect(await picks(roundRobinStrategy(), 4)).toEqual(["a", "b", "c", "a"]);
  });

  it("random takes any", async () => {
    const numbers = [0.99, 0, 0.34];
    expect(
      await picks(
        randomStrategy(() => numbers.shift() ?? 0),
        3,
      ),
    ).toEqual(["c", "a", "b"]);
  });

  it("sticky stays with one as long as it is available", async () => {
    await register("a", "b", "c");
    const strategy = stickyStrategy(roundRobinStrategy());
    const provider = await discovery.provider("s", { strategy, downErrors: 1 });
    const first = provider.pick();
    expect([first?.id, provider.pick()?.id]).toEqual(["a", "a"]);
    if (first !== undefined) provider.noteError(first);
    expect(provider.pick()?.id).toBe("c");
    expect(provider.pick()?.id).toBe("c");
  });
});
