/**
 * Setting watches and firing them.
 */
import { OpCode } from "../../src/protocol/op-code.ts";
import type { ControlClient } from "../control-client.ts";
import { znodeData, znodeName } from "../znode.ts";
import { budgets } from "./budgets.ts";
import { type CostCase, type CostScene, planOf, repeat } from "./cost-case.ts";
import { openClient } from "./transport.ts";

/** As many as a WebSocket keeps with itself while the object sleeps; past that they take rows. */
const WATCHED = 50;

/** Far more than that. */
const WATCHED_BY_ONE = 1_000;

const nothing = new Uint8Array(0);

export function watchCases(scene: CostScene): CostCase[] {
  return [settingCase(scene), firingCase(scene, 1), firingCase(scene, 100), spillingCase(scene)];
}

/** Watches by a session that has few. */
function settingCase(scene: CostScene): CostCase {
  const { control, root } = scene;
  return {
    name: "watch",
    title: `exists with a watch, ${WATCHED} a session`,
    budget: budgets.read,
    plan: () => {
      let watcher: ControlClient | undefined;
      return planOf(
        repeat(WATCHED, async (n) => await watcher?.exists(pathOf(root, n), true)),
        {
          setUp: async () => {
            await createAll(scene, WATCHED);
            watcher = await openClient(scene.transport);
          },
          tearDown: async () => {
            await watcher?.close();
            await deleteAll(control, root, WATCHED);
          },
        },
      );
    },
  };
}

/** A setData of a znode that so many sessions watch. */
function firingCase(scene: CostScene, watchers: number): CostCase {
  const { control, root, transport } = scene;
  const fire = (n: number): Promise<unknown> =>
    control.request({
      type: OpCode.setData,
      path: pathOf(root, n),
      data: znodeData(n, 1),
      version: -1,
    });
  return {
    name: `fire-${watchers}`,
    title: `setData, firing ${watchers} watch${watchers === 1 ? "" : "es"}`,
    budget: budgets.setData,
    plan: () => {
      let sessions: ControlClient[] = [];
      return planOf(repeat(WATCHED, fire), {
        setUp: async () => {
          await createAll(scene, WATCHED);
          sessions = await Promise.all(
            Array.from({ length: watchers }, () => openClient(transport)),
          );
          const paths = Array.from({ length: WATCHED }, (_, n) => pathOf(root, n));
          await Promise.all(
            sessions.flatMap((session) => paths.map((path) => session.exists(path, true))),
          );
        },
        tearDown: async () => {
          await Promise.all(sessions.map((session) => session.close()));
          await deleteAll(control, root, WATCHED);
        },
      });
    },
  };
}

/** Watches by a session that has more than its WebSocket keeps. No budget says what those may cost. */
function spillingCase(scene: CostScene): CostCase {
  const { root } = scene;
  return {
    name: "watch-many",
    title: `exists with a watch, ${WATCHED_BY_ONE} a session`,
    budget: undefined,
    only: "websocket",
    plan: () => {
      let watcher: ControlClient | undefined;
      const watch = async (n: number) => await watcher?.exists(pathOf(root, n), true);
      return planOf(repeat(WATCHED_BY_ONE, watch), {
        setUp: async () => (watcher = await openClient(scene.transport)),
        tearDown: async () => await watcher?.close(),
      });
    },
  };
}

function pathOf(root: string, number: number): string {
  return `${root}/${znodeName(number)}`;
}

async function createAll({ control, root }: CostScene, count: number): Promise<void> {
  const paths = Array.from({ length: count }, (_, n) => pathOf(root, n));
  await Promise.all(paths.map((path) => control.create(path, nothing)));
}

async function deleteAll(control: ControlClient, root: string, count: number): Promise<void> {
  const paths = Array.from({ length: count }, (_, n) => pathOf(root, n));
  await Promise.all(paths.map((path) => control.delete(path)));
}
