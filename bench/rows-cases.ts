/**
 * Operations whose rows are counted, with the budgets of docs/design (a row written is what a user pays for).
 */
import { setTimeout as delay } from "node:timers/promises";
import { CreateFlags, OpCode } from "../src/protocol/op-code.ts";
import { ControlClient } from "./control-client.ts";
import type { Address } from "./tcp-channel.ts";
import { znodeData, znodeName } from "./znode.ts";

/** Steps of one kind; a case runs all of its steps one after another, or all at once. */
export interface RowsCase {
  readonly title: string;
  /** Rows that one operation may write; undefined where none is set. */
  readonly budget: number | undefined;
  /** Operations that the steps are together. */
  readonly operations: number;
  readonly steps: readonly (() => Promise<unknown>)[];
  /** Done before, and not counted. */
  readonly setUp?: () => Promise<unknown>;
  /** Done after, and not counted. */
  readonly tearDown?: () => Promise<unknown>;
}

const OPERATIONS = 200;
const SESSIONS = 20;
const IDLE_SESSIONS = 10;
const IDLE_SECONDS = 8;
const IDLE_TIMEOUT_MS = 4_000;

const budgets = { setData: 2, create: 3, delete: 3, ephemeral: 1 };

/** Creates, sets, reads, watches and deletes the same znodes under `root`, in this order. */
export function znodeCases(control: ControlClient, root: string): RowsCase[] {
  const numbers = Array.from({ length: OPERATIONS }, (_, i) => i);
  const pathOf = (number: number): string => `${root}/${znodeName(number)}`;
  const forAll = (
    title: string,
    budget: number,
    step: (path: string, number: number) => Promise<unknown>,
  ): RowsCase => ({
    title,
    budget,
    operations: OPERATIONS,
    steps: numbers.map((number) => () => step(pathOf(number), number)),
  });
  const { create, setData, delete: deletion, ephemeral } = budgets;
  const { exists, setData: setDataOp, ping } = OpCode;
  return [
    forAll("create", create, (path, n) => control.create(path, znodeData(n, 0))),
    forAll("setData", setData, (path, n) =>
      control.request({ type: setDataOp, path, data: znodeData(n, 1), version: -1 }),
    ),
    forAll("getData", 0, (path) => control.getData(path)),
    forAll("exists with a watch", 0, (path) =>
      control.request({ type: exists, path, watch: true }),
    ),
    forAll("delete, firing the watch", deletion, (path) => control.delete(path)),
    forAll("create, ephemeral", create + ephemeral, (path, n) =>
      control.create(path, znodeData(n, 0), CreateFlags.ephemeral),
    ),
    forAll("delete, ephemeral", deletion + ephemeral, (path) => control.delete(path)),
    forAll("ping", 0, () => control.request({ type: ping })),
  ];
}

/** Sessions opened and closed, without and with ephemerals, and sessions that only ping. */
export function sessionCases(address: Address, root: string): RowsCase[] {
  const sessions: ControlClient[] = [];
  const opening = async (): Promise<void> => {
    sessions.push(await ControlClient.open(address));
  };
  const closing = async (): Promise<void> => await sessions.pop()?.close();
  const some = (step: () => Promise<unknown>) => Array.from({ length: SESSIONS }, () => step);
  return [
    { title: "session open", budget: undefined, operations: SESSIONS, steps: some(opening) },
    { title: "session close", budget: undefined, operations: SESSIONS, steps: some(closing) },
    {
      title: "ephemeral gone with its session",
      budget: budgets.delete + budgets.ephemeral,
      operations: OPERATIONS,
      setUp: async () => sessions.push(await sessionWithEphemerals(address, root)),
      steps: [closing],
    },
  ];
}

/** Sessions that do nothing but ping, for a time in which each would expire twice. */
export function idleCase(address: Address): RowsCase {
  let sessions: ControlClient[] = [];
  const forAll = (action: (session: ControlClient) => Promise<unknown>) =>
    Promise.all(sessions.map(action));
  return {
    title: `idle session, ${IDLE_SECONDS} s of pings`,
    budget: 0,
    operations: IDLE_SESSIONS,
    setUp: async () => {
      const opening = Array.from({ length: IDLE_SESSIONS }, () =>
        ControlClient.open(address, IDLE_TIMEOUT_MS),
      );
      sessions = await Promise.all(opening);
    },
    steps: Array.from({ length: IDLE_SECONDS }, () => async () => {
      await delay(1000);
      await forAll((session) => session.request({ type: OpCode.ping }));
    }),
    tearDown: () => forAll((session) => session.close()),
  };
}

async function sessionWithEphemerals(address: Address, root: string): Promise<ControlClient> {
  const session = await ControlClient.open(address);
  const creations = Array.from({ length: OPERATIONS }, (_, number) =>
    session.create(`${root}/${znodeName(number)}`, znodeData(number, 0), CreateFlags.ephemeral),
  );
  await Promise.all(creations);
  return session;
}
