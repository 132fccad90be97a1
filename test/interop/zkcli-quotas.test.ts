/** Quotas: limits that zkCli writes below /zookeeper/quota, and the use that the server counts there. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { ZkCli } from "./zkcli-session.ts";

const address = inject("interopAddress");
const root = `/interop-${randomUUID()}`;
let cli: ZkCli;

beforeAll(async () => {
  cli = new ZkCli(address);
  expect(await cli.run(`create ${root}`)).toEqual([`Created ${root}`]);
});

afterAll(async () => {
  await cli.run(`deleteall /zookeeper/quota${root}`);
  await cli.run(`deleteall ${root}`);
  await cli.dispose();
});

function limits(path: string, count: number, bytes: number, hard: [number, number]): string {
  return (
    `Output quota for ${path} count=${count},bytes=${bytes}=;` +
    `byteHardLimit=${hard[1]};countHardLimit=${hard[0]}`
  );
}

function use(path: string, count: number, bytes: number): string {
  return `Output stat for ${path} count=${count},bytes=${bytes}`;
}

describe("setquota and listquota", () => {
  const path = `${root}/limited`;

  it("keep a limit and show it with the present use, of what was there before too", async () => {
    await cli.run(`create ${path} 12345`);
    expect(await cli.run(`setquota -n 7 ${path}`)).toEqual([]);
    await cli.run(`create ${path}/child 678`);
    expect(await cli.run(`listquota ${path}`)).toEqual([
      `absolute path is /zookeeper/quota${path}/zookeeper_limits`,
      limits(path, 7, -1, [-1, -1]),
      use(path, 2, 8),
    ]);
  });

  it("show a use that follows set, create and delete at any depth", async () => {
    await cli.run(`set ${path} 1`);
    await cli.run(`create ${path}/child/grandchild 22`);
    await cli.run(`create ${path}/none`);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(use(path, 4, 6));
    await cli.run(`deleteall ${path}/child`);
    await cli.run(`delete ${path}/none`);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(use(path, 1, 1));
  });

  it("count ephemerals, whose session may end", async () => {
    const other = new ZkCli(address);
    await other.run(`create -e ${path}/ephemeral 333`);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(use(path, 2, 4));
    expect(await other.quit()).toBe(0);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(use(path, 1, 1));
  });

  it("join one limit to another", async () => {
    expect(await cli.run(`setquota -b 100 ${path}`)).toEqual([]);
    expect(await cli.run(`setquota -N 1 ${path}`)).toEqual([]);
    expect(await cli.run(`setquota -B 1 ${path}`)).toEqual([]);
    expect((await cli.run(`listquota ${path}`))[1]).toBe(limits(path, 7, 100, [1, 1]));
  });

  it("forbid nothing unless the server is told to enforce them", async () => {
    expect(await cli.run(`create ${path}/more 4444`)).toEqual([`Created ${path}/more`]);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(use(path, 2, 5));
  });

  it("are refused above, below and within a quota", async () => {
    expect((await cli.run(`setquota -n 5 ${path}/more`)).join()).toContain(
      `${path}/more has a parent ${path} which has a quota`,
    );
    expect((await cli.run(`setquota -n 5 ${root}`)).join()).toContain(
      `${root} has a child ${path} which has a quota`,
    );
    expect(await cli.run("setquota -n 5 /zookeeper/quota/x")).toEqual([
      "cannot set a quota under the path: /zookeeper/quota",
    ]);
  });

  it("name the znode that is not there", async () => {
    expect(await cli.run(`setquota -n 5 ${root}/nowhere`)).toEqual([
      `${root}/nowhere does not exist.`,
    ]);
    expect((await cli.run(`listquota ${root}/nowhere`)).at(-1)).toBe(
      `quota for ${root}/nowhere does not exist.`,
    );
  });
});

describe("delquota", () => {
  const path = `${root}/limited`;

  it("takes one limit away", async () => {
    expect(await cli.run(`delquota -n ${path}`)).toEqual([]);
    expect(await cli.run(`delquota -B ${path}`)).toEqual([]);
    expect((await cli.run(`listquota ${path}`))[1]).toBe(limits(path, -1, 100, [1, -1]));
  });

  it("takes all away, with what was counted", async () => {
    expect(await cli.run(`delquota ${path}`)).toEqual([]);
    expect((await cli.run(`listquota ${path}`)).at(-1)).toBe(`quota for ${path} does not exist.`);
    expect(await cli.run(`ls /zookeeper/quota${path}`)).toEqual([
      `Node does not exist: /zookeeper/quota${path}`,
    ]);
  });

  it("says when there is none", async () => {
    expect(await cli.run(`delquota ${path}`)).toEqual([`Quota does not exist for ${path}`]);
  });
});
