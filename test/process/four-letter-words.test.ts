/**
 * Four-letter words and the AdminServer's commands from outside: what monitoring talks to.
 */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";
import { WireSession } from "./support/wire-session.ts";

let all: EdgekeeperServer;
let few: EdgekeeperServer;

beforeAll(async () => {
  all = await startEdgekeeper({ args: ["--var", "FOUR_LETTER_WORDS:*"] });
  few = await startEdgekeeper();
});

afterAll(async () => {
  await Promise.all([all?.stop(), few?.stop()]);
});

describe("a four-letter word", () => {
  it.each(["ruok", "ruok\n", "ruok\r\n"])(
    "%j is answered, and the connection closed",
    async (word) => {
      expect(await say(all, [word])).toBe("imok");
    },
  );

  it("may come in pieces", async () => {
    expect(await say(all, ["r", "uo", "k"])).toBe("imok");
  });

  it("is refused unless it is on the list, which has srvr only", async () => {
    const refusal = "ruok is not executed because it is not in the whitelist.\n";
    expect(await say(few, ["ruok"])).toBe(refusal);
    expect(await say(few, ["srvr"])).toMatch(/^Zookeeper version: 3\.8\.0-.*\nMode: standalone\n/s);
  });

  it("tells of the sessions beside it, which do not notice", async () => {
    const session = await WireSession.open({ host: all.host, port: all.zkPort });
    await session.create("/words");
    const id = `0x${session.sessionId.toString(16)}`;
    expect(await say(all, ["cons"])).toContain(`sid=${id},lop=CREA`);
    expect(await say(all, ["dump"])).toContain(id);
    expect(await say(all, ["mntr"])).toMatch(/^zk_num_alive_connections\t2$/m);
    expect(await session.exists("/words")).toBeDefined();
    await session.close();
  });
});

describe("the AdminServer's commands", () => {
  it("answer under their paths, of the port's namespace and of any", async () => {
    const session = await WireSession.open({ host: all.host, port: all.zkPort });
    const base = `http://${all.host}:${all.httpPort}`;
    const own = await get(`${base}/commands/monitor`);
    expect(own).toMatchObject({ command: "monitor", error: null, num_alive_connections: 1 });
    const same = await get(`${base}/v1/default/commands/mntr`);
    expect(same).toMatchObject({ command: "monitor", num_alive_connections: 1 });
    const other = await get(`${base}/v1/other/commands/mntr`);
    expect(other).toMatchObject({ num_alive_connections: 0, znode_count: 4 });
    expect(await get(`${base}/commands/nope`)).toMatchObject({ error: "Unknown command: nope" });
    const list = await fetch(`${base}/commands`);
    expect(await list.text()).toContain('<a href="/commands/ruok">ruok</a>');
    await session.close();
  });
});

/** What the server says to these pieces of text before it closes the connection. */
async function say(server: EdgekeeperServer, pieces: readonly string[]): Promise<string> {
  const socket = connect({ host: server.host, port: server.zkPort, noDelay: true });
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  return await text(socket);
}

async function get(url: string): Promise<unknown> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return await response.json();
}
