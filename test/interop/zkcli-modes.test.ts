/** Containers and znodes with a TTL, as zkCli makes them. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { parseStat, ZkCli } from "./zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
let cli: ZkCli;

beforeAll(async () => {
  cli = new ZkCli(address);
  expect(await cli.run(`create ${root}`)).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await cli.run(`deleteall ${root}`);
  await cli.dispose();
});

describe("create -c", () => {
  it("makes a container, which takes children and data", async () => {
    expect(await cli.run(`create -c ${root}/container x`)).toEqual([`Created ${root}/container`]);
    expect(await cli.run(`create ${root}/container/child`)).toEqual([
      `Created ${root}/container/child`,
    ]);
    expect(await cli.run(`get ${root}/container`)).toEqual(["x"]);
    expect(parseStat(await cli.run(`stat ${root}/container`))).toMatchObject({
      ephemeralOwner: "0x0",
      numChildren: "1",
    });
    expect(await cli.run(`delete ${root}/container`)).toEqual([
      `Node not empty: ${root}/container`,
    ]);
    expect(await cli.run(`create -c ${root}/container`)).toEqual([
      `Node already exists: ${root}/container`,
    ]);
  });

  it("is neither ephemeral nor sequential", async () => {
    expect(await cli.run(`create -c -s ${root}/n-`)).toEqual([
      "-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.",
    ]);
  });
});

describe("create -t", () => {
  it("makes a znode with a time to live, which takes children and data", async () => {
    expect(await cli.run(`create -t 600000 ${root}/ttl x`)).toEqual([`Created ${root}/ttl`]);
    expect(await cli.run(`create ${root}/ttl/child`)).toEqual([`Created ${root}/ttl/child`]);
    expect(await cli.run(`get ${root}/ttl`)).toEqual(["x"]);
    expect(parseStat(await cli.run(`stat ${root}/ttl`))).toMatchObject({
      ephemeralOwner: "0x0",
      numChildren: "1",
    });
  });

  it("-s gives it a number", async () => {
    expect(await cli.run(`create -s -t 600000 ${root}/ttl/n-`)).toEqual([
      `Created ${root}/ttl/n-0000000001`,
    ]);
  });

  it("is not ephemeral, and no number of years", async () => {
    expect(await cli.run(`create -e -t 600000 ${root}/e`)).toEqual([
      "TTLs cannot be used with Ephemeral znodes",
    ]);
    expect((await cli.run(`create -t 1099511627776 ${root}/long`)).join()).toContain(
      "ttl must be positive and cannot be larger than: 1099511627775",
    );
  });
});

describe("a container that has lost its last child, and a znode whose time is over", () => {
  it("go away, and watches tell of it", async () => {
    await cli.run(`create -c ${root}/emptied`);
    await cli.run(`create ${root}/emptied/child`);
    await cli.run(`create -t 500 ${root}/brief`);
    await cli.run(`stat -w ${root}/emptied`);
    await cli.run(`stat -w ${root}/brief`);
    await cli.run(`delete ${root}/emptied/child`);
    // A server looks for them once a minute unless configured otherwise.
    const events = [await cli.nextEvent(100_000), await cli.nextEvent(100_000)];
    expect(events.map(({ type, path }) => `${type} ${path}`).toSorted()).toEqual([
      `NodeDeleted ${root}/brief`,
      `NodeDeleted ${root}/emptied`,
    ]);
    expect(await cli.run(`stat ${root}/emptied`)).toEqual([`Node does not exist: ${root}/emptied`]);
  });
});
