import { expect, test } from "vitest";
import { scenarios } from "../../../bench/scenarios.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { type Lie, startLyingServer } from "./lying-server.ts";

const SECONDS = 0.03;

/** Runs the scenario on a server that lies, and returns what the benchmark found wrong. */
async function findErrors(
  scenario: string,
  lie: Lie,
  seconds: number = SECONDS,
): Promise<readonly string[]> {
  const run = scenarios.find(({ name }) => name === scenario)?.runs.zookeeper;
  if (run === undefined) throw new Error(`no scenario ${scenario}`);
  const server = await startLyingServer(lie);
  try {
    const { errors } = await run(server, "/test", seconds);
    expect(errors.count > 0).toBe(errors.examples.length > 0);
    return errors.examples;
  } catch (error) {
    return [String(error)]; // The benchmark counts it as a failure, too.
  } finally {
    await server.stop();
  }
}

/** Lies once, at the request with this number among those that are `about`. */
function once(about: (typeof OpCode)[keyof typeof OpCode], number: number, lie: Lie): Lie {
  let seen = 0;
  return (request, answer) =>
    request.type === about && ++seen === number ? lie(request, answer) : answer();
}

const loads = ["create", "setData", "getData", "mix", "multi", "setData-wide", "create-serial"];

test.each([...loads, "getChildren"])("%s: an honest server passes", async (scenario) => {
  expect(await findErrors(scenario, (_request, answer) => answer())).toEqual([]);
});

test("a read of stale data is found", async () => {
  const stale = once(OpCode.getData, 100, () => ({
    type: OpCode.getData,
    data: new Uint8Array(100),
    stat: zeroStat,
  }));
  expect(await findErrors("getData", stale)).toEqual([
    expect.stringContaining("not the data that was written"),
  ]);
});

const readOldVersion: Lie = (_request, answer) => {
  const reply = answer();
  if (reply?.type !== OpCode.getData) return reply;
  return { ...reply, stat: { ...reply.stat, version: 0 } };
};

test("a read of an old version is found", async () => {
  // Long enough to come back to what was written, on a busy machine as well.
  const [first] = await findErrors("mix", readOldVersion, 0.3);
  expect(first).toMatch(/version 0 where 1 is due/);
});

test("a write that is acknowledged but not done is found by its version", async () => {
  const version = { ...zeroStat, version: 1, dataLength: 100 };
  const lost = once(OpCode.setData, 1, () => ({ type: OpCode.setData, stat: version }));
  expect(await findErrors("setData-wide", lost)).not.toEqual([]);
});

test("the last write, when it is lost, is found by reading it back", async () => {
  const versions = new Map<string, number>();
  // Every setData is acknowledged as if it was done; none is.
  const lossy: Lie = (request, answer) => {
    if (request.type !== OpCode.setData) return answer();
    const version = (versions.get(request.path) ?? 0) + 1;
    versions.set(request.path, version);
    return { type: OpCode.setData, stat: { ...zeroStat, version, dataLength: 100 } };
  };
  const [first] = await findErrors("setData", lossy);
  expect(first).toMatch(/has version 0, \d+ was acknowledged/);
});

test.each(["create", "multi"])("%s: a create that is lost is found", async (name) => {
  let lost = false;
  const lossy: Lie = (request, answer) => {
    const isOne = request.type === OpCode.create && /\/c\d+\/n/.test(request.path);
    if (isOne && !lost) {
      lost = true;
      return { type: OpCode.create, path: request.path };
    }
    if (request.type !== OpCode.multi || lost) return answer();
    lost = true;
    const results = request.ops.map(({ path }) => ({ type: OpCode.create, path }));
    return { type: OpCode.multi, results };
  };
  const [first] = await findErrors(name, lossy);
  expect(first).toMatch(/children, \d+ were acknowledged|of .* answered with error -101/);
});

test("a create whose data is not kept is found", async () => {
  const [first] = await findErrors("create", (_request, answer) => {
    const reply = answer();
    if (reply?.type !== OpCode.getData) return reply;
    return { ...reply, data: new Uint8Array(100) };
  });
  expect(first).toMatch(/does not hold the data that it was created with/);
});

test("a create that names another path is found", async () => {
  const wrong = once(OpCode.create, 50, (_request, answer) => {
    answer();
    return { type: OpCode.create, path: "/test/c0/n0000000000" };
  });
  const [first] = await findErrors("create", wrong);
  expect(first).toMatch(/the reply does not name the path/);
});

test("an error is found", async () => {
  const failing = once(OpCode.setData, 7, () => undefined);
  const [first] = await findErrors("setData", failing);
  expect(first).toMatch(/answered with error -101/);
});

test("a name that is missing, or there twice, is found", async () => {
  const [first] = await findErrors("getChildren", (_request, answer) => {
    const reply = answer();
    if (reply?.type !== OpCode.getChildren) return reply;
    return { ...reply, children: [...reply.children.slice(1), reply.children[1] ?? ""] };
  });
  expect(first).toMatch(/not the names of all children/);
});

const zeroStat = {
  czxid: 0,
  mzxid: 0,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 0,
  numChildren: 0,
  pzxid: 0,
};
