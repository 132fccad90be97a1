/**
 * A client on a scripted server and a fake clock.
 */
import type { ConnectOptions } from "../../../../src/client/connect-options.ts";
import { connect } from "../../../../src/client/connect.ts";
import type { StateChange } from "../../../../src/client/session-keeper.ts";
import type { ZooKeeper } from "../../../../src/client/zookeeper.ts";
import { FakeClock, settle } from "./fake-clock.ts";
import { ScriptedServer } from "./scripted-server.ts";

export interface ScriptedClient {
  readonly zk: ZooKeeper;
  readonly server: ScriptedServer;
  readonly clock: FakeClock;
  readonly changes: StateChange[];
}

export const TIMEOUT_MS = 9_000;

/** Begins to connect, with a random number that is always the same. */
export async function startClient(
  options: ConnectOptions = {},
  server = new ScriptedServer(),
): Promise<{ connecting: Promise<ZooKeeper>; server: ScriptedServer; clock: FakeClock }> {
  const clock = new FakeClock();
  const connecting = connect("ws://server", {
    sessionTimeoutMs: TIMEOUT_MS,
    transport: server.openTransport,
    clock,
    random: () => 0.5,
    ...options,
  });
  // A test that expects a rejection looks at it later.
  connecting.catch(() => {});
  await settle();
  return { connecting, server, clock };
}

/** Connects, with a session of nine seconds. */
export async function openClient(
  options: ConnectOptions = {},
  scripted = new ScriptedServer(),
): Promise<ScriptedClient> {
  const { connecting, server, clock } = await startClient(options, scripted);
  await server.last.accept();
  const zk = await connecting;
  const changes: StateChange[] = [];
  zk.on("state", (change) => changes.push(change));
  return { zk, server, clock, changes };
}

/** Connects again after the connection was lost. */
export async function reconnect({ server, clock }: ScriptedClient): Promise<void> {
  const before = server.connections.length;
  while (server.connections.length === before) await clock.advance(10);
  await server.last.accept();
}
