/**
 * The shortest and the longest session timeout, as settings of the whole server.
 */
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { startEdgekeeper } from "../support/edgekeeper-server.ts";
import { eventually } from "./support/conditions.ts";
import { WireSession } from "./support/wire-session.ts";

const settings = (...vars: string[]): string[] => vars.flatMap((value) => ["--var", value]);

it("are granted, and shown by conf and the AdminServer", async () => {
  await using server = await startEdgekeeper({
    tickTimeMs: 200,
    args: settings(
      "MIN_SESSION_TIMEOUT_MS:300",
      "MAX_SESSION_TIMEOUT_MS:3600000",
      "FOUR_LETTER_WORDS:conf",
    ),
  });
  const address = { host: server.host, port: server.zkPort };
  const granted: number[] = [];
  for (const timeoutMs of [1, 300, 301, 60_000, 3_600_000, 2_147_483_647]) {
    const session = await WireSession.open(address, { timeoutMs });
    granted.push(session.timeoutMs);
    await session.close();
  }
  expect(granted).toEqual([300, 300, 301, 60_000, 3_600_000, 3_600_000]);

  const socket = connect(address);
  socket.write("conf");
  const conf = await text(socket);
  expect(conf).toContain("\nminSessionTimeout=300\nmaxSessionTimeout=3600000\n");
  const url = `http://${server.host}:${server.httpPort}/commands/configuration`;
  expect(await (await fetch(url)).json()).toMatchObject({
    min_session_timeout: 300,
    max_session_timeout: 3_600_000,
  });
});

it("shorter than 2 ticks expire as soon, and longer than 20 not before", async () => {
  await using server = await startEdgekeeper({
    tickTimeMs: 100,
    args: settings("MIN_SESSION_TIMEOUT_MS:50", "MAX_SESSION_TIMEOUT_MS:600000"),
  });
  const address = { host: server.host, port: server.zkPort };
  const long = await WireSession.open(address, { timeoutMs: 600_000 });
  const short = await WireSession.open(address, { timeoutMs: 50 });
  await short.create("/short", "", CreateFlags.ephemeral);
  await long.create("/long", "", CreateFlags.ephemeral);
  await eventually("the short session is over", async () =>
    (await long.exists("/short")) === undefined ? true : undefined,
  );
  expect(await long.exists("/long")).toBeDefined();
  await long.close();
});

it("that make no sense keep the server from starting", async () => {
  const args = settings("MIN_SESSION_TIMEOUT_MS:41000");
  await expect(startEdgekeeper({ args })).rejects.toThrow(
    "MIN_SESSION_TIMEOUT_MS must not be larger than MAX_SESSION_TIMEOUT_MS: 41000 and 40000",
  );
});
