/** What the limits of a quota forbid: soft ones nothing, hard ones what would go over them. */
import { describe, expect, it } from "vitest";
import type { Request } from "../../../src/protocol/requests.ts";
import { TestServer, type TestConnection } from "./harness.ts";
import {
  acl,
  container,
  create,
  create2,
  createTTL,
  ephemeral,
  multi,
  remove,
  sequential,
  setACL,
  setData,
  OPEN,
} from "./request-builders.ts";
import { QUOTA, setQuota, statsOf } from "./quota-builder.ts";

/** `/q` and `/q/a` with ten bytes each, under a quota. */
function under(
  limits: string,
  options: { readonly enforceQuota?: boolean } = { enforceQuota: true },
): { server: TestServer; client: TestConnection } {
  const server = new TestServer(options);
  const client = server.connect();
  client.request(create("/q", { data: "0123456789" }));
  client.request(create("/q/a", { data: "0123456789" }));
  setQuota(client, "/q", limits);
  return { server, client };
}

/** Every way to make one more znode without data. */
const creates: readonly Request[] = [
  create("/q/n"),
  create2("/q/n", { data: null }),
  ephemeral("/q/n"),
  sequential("/q/n"),
  container("/q/n"),
  createTTL("/q/n", 5),
];

describe("a hard limit of znodes", () => {
  it.each(creates)("holds for $type with flags $flags", (request) => {
    const full = under("countHardLimit=2");
    const before = full.server.lastZxid;
    expect(full.client.request(request)).toMatchObject({ err: -125, zxid: before + 1 });
    expect(full.server.store.childNames("/q")).toEqual(["a"]);
    expect(statsOf(full.server, "/q")).toBe("count=2,bytes=20");
    expect(under("countHardLimit=3").client.request(request).err).toBe(0);
  });

  it("of 0 is a limit, and of less is none", () => {
    expect(under("countHardLimit=0").client.request(create("/q/n")).err).toBe(-125);
    for (const limit of ["-1", "-2", "=0", "9223372036854775807"]) {
      expect(under(`countHardLimit=${limit}`).client.request(create("/q/n")).err).toBe(0);
    }
  });

  it("forbids neither data, nor deletes, nor ACLs, nor znodes beside", () => {
    const { client } = under("countHardLimit=1");
    for (const request of [
      setData("/q/a", "much more than there was"),
      setACL("/q/a", OPEN),
      create("/qq"),
      remove("/q/a"),
    ]) {
      expect(client.request(request).err).toBe(0);
    }
    // One is one too many again, or not.
    expect(client.request(create("/q/a")).err).toBe(-125);
  });
});

describe("a hard limit of bytes", () => {
  it("holds for a create", () => {
    const { server, client } = under("byteHardLimit=25");
    expect(client.request(create("/q/n", { data: "123456" })).err).toBe(-125);
    expect(client.request(create("/q/n", { data: "12345" })).err).toBe(0);
    expect(client.request(create("/q/o", { data: "1" })).err).toBe(-125);
    // What adds no byte is not looked at.
    expect(client.request(create("/q/o", { data: "" })).err).toBe(0);
    expect(client.request(create("/q/p", { data: null })).err).toBe(0);
    expect(statsOf(server, "/q")).toBe("count=5,bytes=25");
  });

  it("holds for a setData", () => {
    const { server, client } = under("byteHardLimit=25");
    const before = server.znode("/q/a");
    expect(client.request(setData("/q/a", "x".repeat(16))).err).toBe(-125);
    expect(server.znode("/q/a")).toBe(before);
    expect(client.request(setData("/q/a", "x".repeat(15))).err).toBe(0);
    expect(client.request(setData("/q", "y".repeat(11))).err).toBe(-125);
    expect(statsOf(server, "/q")).toBe("count=2,bytes=25");
  });

  it("that is passed already forbids a smaller value as well, unless it is small enough", () => {
    const { client } = under("byteHardLimit=15");
    expect(client.request(setData("/q/a", "123456")).err).toBe(-125);
    expect(client.request(setData("/q/a", "abcdefghij")).err).toBe(0);
    expect(client.request(setData("/q/a", "12345")).err).toBe(0);
  });

  it("comes before a wrong version, and behind a missing permission", () => {
    const { client } = under("byteHardLimit=25");
    expect(client.request(setData("/q/a", "x".repeat(16), 9)).err).toBe(-125);
    expect(client.request(setData("/q/a", "x".repeat(15), 9)).err).toBe(-103);
    client.request(setACL("/q/a", [acl("world", "anyone", 1)]));
    expect(client.request(setData("/q/a", "x".repeat(16))).err).toBe(-102);
  });

  it("comes behind everything else that is wrong with a create", () => {
    const { client } = under("byteHardLimit=0;countHardLimit=0");
    client.request(ephemeral("/e"));
    expect(client.request(create("/q/a", { data: "x" })).err).toBe(-110);
    expect(client.request(create("/q/nope/n", { data: "x" })).err).toBe(-101);
    expect(client.request(create("/q/", { data: "x" })).err).toBe(-8);
    expect(client.request(create("/q/n", { data: "x", acl: [] })).err).toBe(-114);
    expect(client.request(create("/q/n", { data: "x", flags: 7 })).err).toBe(-8);
  });
});

describe("limits that forbid nothing", () => {
  it("are soft ones", () => {
    const { server, client } = under("count=1,bytes=1");
    expect(client.request(create("/q/n", { data: "abc" })).err).toBe(0);
    expect(client.request(setData("/q", "more than before")).err).toBe(0);
    expect(statsOf(server, "/q")).toBe("count=3,bytes=29");
  });

  it("are all, as long as quotas are not enforced", () => {
    for (const options of [{}, { enforceQuota: false }]) {
      const { server, client } = under("countHardLimit=1;byteHardLimit=1", options);
      expect(client.request(create("/q/n", { data: "abc" })).err).toBe(0);
      expect(client.request(setData("/q", "more than before")).err).toBe(0);
      expect(statsOf(server, "/q")).toBe("count=3,bytes=29");
    }
  });

  it("are those of a quota that is not the nearest", () => {
    const { client } = under("countHardLimit=2");
    setQuota(client, "/q/a", "countHardLimit=2");
    expect(client.request(create("/q/n")).err).toBe(-125);
    expect(client.request(create("/q/a/n")).err).toBe(0);
    expect(client.request(create("/q/a/o")).err).toBe(-125);
  });

  it("are those without statistics", () => {
    const { client } = under("countHardLimit=1");
    client.request(remove(`${QUOTA}/q/zookeeper_stats`));
    expect(client.request(create("/q/n")).err).toBe(0);
  });

  it("are those that are gone", () => {
    const { client } = under("countHardLimit=1");
    client.request(remove(`${QUOTA}/q/zookeeper_limits`));
    expect(client.request(create("/q/n")).err).toBe(0);
  });

  it("are, for the end of a session and the reaper, all", () => {
    const { server, client } = under("countHardLimit=4;byteHardLimit=20");
    client.request(container("/q/c"));
    client.request(ephemeral("/q/e"));
    client.request(setData(`${QUOTA}/q/zookeeper_limits`, "countHardLimit=0"));
    server.reap("/q/c");
    server.expire(client.sessionId);
    expect(statsOf(server, "/q")).toBe("count=2,bytes=20");
  });
});

describe("limits that nobody can read", () => {
  it.each(["count", "countHardLimit=many", "\n", null])("%j make every write below -5", (text) => {
    const { server, client } = under("count=9");
    client.request(setData(`${QUOTA}/q/zookeeper_limits`, text));
    const before = server.lastZxid;
    expect(client.request(create("/q/n"))).toMatchObject({ err: -5, zxid: before + 1 });
    expect(client.request(setData("/q", "")).err).toBe(-5);
    expect(client.request(remove("/q/a")).err).toBe(0);
    expect(server.store.childNames("/q")).toEqual([]);
  });
});

describe("hard limits in a multi", () => {
  it("fail it as any error does, and count what the ops before did", () => {
    const { server, client } = under("countHardLimit=3");
    const before = server.store.paths();
    expect(client.request(multi(create("/q/n"), create("/q/o"), create("/x"))).reply).toMatchObject(
      { results: [{ err: 0 }, { err: -125 }, { err: -2 }] },
    );
    expect(server.store.paths()).toEqual(before);
    expect(statsOf(server, "/q")).toBe("count=2,bytes=20");
    const { reply } = client.request(multi(create("/q/n"), remove("/q/a"), create("/q/o")));
    expect(reply).toMatchObject({ results: [{ type: 1 }, { type: 2 }, { type: 1 }] });
    expect(statsOf(server, "/q")).toBe("count=3,bytes=10");
  });
});
