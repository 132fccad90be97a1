/**
 * Sessions opened and closed, without and with ephemerals, and the ping that lets the object sleep.
 */
import { CreateFlags } from "../../src/protocol/op-code.ts";
import { ControlClient } from "../control-client.ts";
import { webSocketPathOf } from "../namespace.ts";
import { SESSION_TIMEOUT_MS } from "../session.ts";
import type { Address } from "../tcp-channel.ts";
import { connectWebSocket, type WebSocketChannel } from "../web-socket-channel.ts";
import { znodeData, znodeName } from "../znode.ts";
import { budgets } from "./budgets.ts";
import {
  type CostCase,
  type CostPlan,
  type CostScene,
  type Mode,
  OPERATIONS,
  planOf,
  repeat,
} from "./cost-case.ts";
import { openClient, type Transport } from "./transport.ts";

/** A session costs a connection. */
const SESSIONS: Readonly<Record<Mode, number>> = { single: 50, batch: OPERATIONS };

export function sessionCases({ transport, root }: CostScene): CostCase[] {
  const sessions: ControlClient[] = [];
  const opening = async (): Promise<void> => void sessions.push(await openClient(transport));
  const closing = async (): Promise<void> => await sessions.pop()?.close();
  const lifecycle = async (n: number): Promise<void> => {
    const session = await openClient(transport);
    await createEphemeral(session, root, n);
    await session.close();
  };
  return [
    {
      name: "session-open",
      title: "session, opened",
      budget: budgets.openSession,
      plan: (mode) => planOf(repeat(SESSIONS[mode], opening)),
    },
    {
      name: "session-close",
      title: "session, closed",
      budget: budgets.closeSession,
      plan: (mode) => planOf(repeat(SESSIONS[mode], closing)),
    },
    {
      name: "session-ephemeral",
      title: "session, opened, an ephemeral created, closed",
      budget: budgets.sessionWithEphemeral,
      plan: (mode) => planOf(repeat(SESSIONS[mode], lifecycle)),
    },
    {
      name: "ephemeral-gone",
      title: `ephemeral gone with its session, ${OPERATIONS} a session`,
      budget: { ...budgets.deleteEphemeral, single: budgets.deleteEphemeral.batch },
      plan: (mode) => (mode === "batch" ? undefined : goingPlan(transport, root)),
    },
  ];
}

/** One session after another ends, each with many ephemerals. */
function goingPlan(transport: Transport, root: string): CostPlan {
  let session: ControlClient | undefined;
  return {
    operations: OPERATIONS,
    setUp: async () => {
      const opened = await openClient(transport);
      const numbers = Array.from({ length: OPERATIONS }, (_, n) => n);
      await Promise.all(numbers.map((n) => createEphemeral(opened, root, n)));
      session = opened;
    },
    steps: [async () => await session?.close()],
  };
}

/** The ping that is a text, which the platform answers by itself. */
export function textPingCase(http: Address, namespace: string): CostCase {
  return {
    name: "text-ping",
    title: "ping, the text",
    budget: budgets.ping,
    only: "websocket",
    plan: (mode) => {
      // One connection has one ping in flight.
      if (mode === "batch") return undefined;
      let channel: WebSocketChannel | undefined;
      let session: ControlClient | undefined;
      return planOf(
        repeat(OPERATIONS, async () => channel && (await pingByText(channel))),
        {
          setUp: async () => {
            channel = await connectWebSocket(http, webSocketPathOf(namespace));
            session = await ControlClient.over(channel, SESSION_TIMEOUT_MS);
          },
          tearDown: async () => await session?.close(),
        },
      );
    },
  };
}

/** Sends the text that the platform answers without waking the object, and waits for the answer. */
async function pingByText(channel: WebSocketChannel): Promise<void> {
  const answered = new Promise<void>((resolve) => (channel.onText = () => resolve()));
  channel.beat();
  await answered;
}

function createEphemeral(session: ControlClient, root: string, number: number): Promise<void> {
  const path = `${root}/${znodeName(number)}`;
  return session.create(path, znodeData(number, 0), CreateFlags.ephemeral);
}
