/** Connections that fail. */
import {
  SessionExpiredError,
  type StateChange,
  type ZooKeeper,
} from "../../../src/client/index.ts";
import { assert, assertEqual, assertRejects, text, until } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";
import { oneShot, take } from "./watch-cases.ts";

/** The shortest that servers grant. */
const SHORT = { sessionTimeoutMs: 1 };

function statesOf(zk: ZooKeeper): string[] {
  const states: string[] = [];
  zk.on("state", ({ state }: StateChange) => void states.push(state));
  return states;
}

export const failureCases: ContractCases = {
  "a cut costs neither the session nor its ephemerals nor its watches": async ({
    connect,
    fail,
  }) => {
    const zk = await connect();
    const { session } = zk;
    await zk.create("/cut", null, { mode: "ephemeral" });
    const { watch, told } = oneShot();
    await zk.getData("/cut", { watch });
    const stream = zk.watch("/cut");
    assertEqual(await take(stream, 1), ["Resync /cut"]);
    const states = statesOf(zk);
    await fail("cut");
    assertEqual(await take(stream, 1), ["Resync /cut"]);
    assertEqual(states, ["suspended", "connected"]);
    assert(zk.session === session, "it is the same session");
    assertEqual((await zk.exists("/cut"))?.ephemeralOwner, session?.id);
    // Only now another client, which no cut can keep from its write.
    const other = await connect();
    await other.setData("/cut", "1");
    assertEqual((await told).type, "NodeDataChanged");
    assertEqual(await take(stream, 1), ["NodeDataChanged /cut"]);
  },

  "reads are asked again after a cut, and find their answers": async ({ connect, fail }) => {
    const zk = await connect();
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    await Promise.all(names.map((name) => zk.create(`/${name}`, name)));
    for (let round = 0; round < 5; round++) {
      const reads = names.map(async (name) => text((await zk.getData(`/${name}`)).data));
      await fail("cut");
      assertEqual(await Promise.all(reads), names);
    }
  },

  "a protected create happens once, however often connections are cut": async ({
    connect,
    fail,
  }) => {
    const zk = await connect();
    const created: string[] = [];
    for (let round = 0; round < 10; round++) {
      const creating = zk.create("/once-", null, { mode: "ephemeralSequential", protection: true });
      await fail("cut");
      created.push((await creating).path.slice(1));
    }
    assertEqual((await zk.getChildren("/")).children.sort(), created.sort());
  },

  "silence ends in time, and a new session begins": async ({ connect, fail }) => {
    const zk = await connect(SHORT);
    const { session } = zk;
    await zk.create("/silent", null, { mode: "ephemeral" });
    const { watch, told } = oneShot();
    await zk.getData("/silent", { watch });
    const stream = zk.watch("/silent");
    await stream.next();
    const states = statesOf(zk);
    await fail("silence");
    assertEqual((await told).type, "SessionLost");
    await assertRejects(stream.next(), SessionExpiredError);
    assert(session?.signal.aborted === true && session.remainingMs === 0, "the session is over");
    await fail("cut");
    const next = await zk.whenConnected();
    assert(next.id !== session.id, "it is another session");
    assertEqual(states, ["suspended", "lost", "connected"]);
    await until("its ephemeral goes", async () => (await zk.exists("/silent")) === undefined);
  },

  "credentials are proven again after a cut": async ({ connect, fail }) => {
    const zk = await connect({ auth: [{ scheme: "digest", auth: "anna:secret" }] });
    await zk.addAuth("digest", "bert:secret");
    await fail("cut");
    const users = (await zk.whoAmI()).map(({ user }) => user);
    assert(users.includes("anna") && users.includes("bert"), `both are among ${users.join()}`);
  },
};
