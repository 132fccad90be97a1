/** Watches. */
import type { NodeEvent, SessionLostEvent, WatchStream } from "../../../src/client/index.ts";
import { assertEqual } from "./assertions.ts";
import type { ContractCases } from "./contract-case.ts";

/** A watch, and what it is called with. */
export function oneShot(): {
  readonly watch: (event: NodeEvent | SessionLostEvent) => void;
  readonly told: Promise<NodeEvent | SessionLostEvent>;
} {
  const { promise: told, resolve: watch } = Promise.withResolvers<NodeEvent | SessionLostEvent>();
  return { watch, told };
}

/** The next events of a stream. */
export async function take(stream: WatchStream, count: number): Promise<string[]> {
  const events: string[] = [];
  while (events.length < count) {
    const { value } = await stream.next();
    events.push(`${value?.type} ${value?.path}`);
  }
  return events;
}

export const watchCases: ContractCases = {
  "one-shot watches tell of one change": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    const creation = oneShot();
    assertEqual(await zk.exists("/w", { watch: creation.watch }), undefined);
    await other.create("/w");
    assertEqual((await creation.told).type, "NodeCreated");
    const events: string[] = [];
    const watch = ({ type, path }: NodeEvent | SessionLostEvent): void =>
      void events.push(`${type} ${path}`);
    await zk.getData("/w", { watch });
    await zk.getChildren("/w", { watch });
    await other.setData("/w", "1");
    await other.setData("/w", "2");
    await other.create("/w/child");
    await other.deleteRecursive("/w");
    // Events come before the reply to whatever is asked for later.
    await zk.sync("/");
    assertEqual(events, ["NodeDataChanged /w", "NodeChildrenChanged /w"]);
  },

  "a recursive stream tells of everything, in order": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    const stream = zk.watch("/s", { recursive: true });
    assertEqual(await take(stream, 1), ["Resync /s"]);
    await other.create("/s");
    await other.create("/s/a");
    await other.setData("/s/a", "1");
    await other.deleteRecursive("/s");
    assertEqual(await take(stream, 5), [
      "NodeCreated /s",
      "NodeCreated /s/a",
      "NodeDataChanged /s/a",
      "NodeDeleted /s/a",
      "NodeDeleted /s",
    ]);
  },

  "a loop over a stream may be left": async ({ connect }) => {
    const [zk, other] = [await connect(), await connect()];
    await other.create("/loop");
    const read: string[] = [];
    for await (const { type } of zk.watch("/loop")) {
      read.push(type);
      if (type === "NodeDeleted") break;
      await (type === "Resync" ? other.setData("/loop", "1") : other.delete("/loop"));
    }
    assertEqual(read, ["Resync", "NodeDataChanged", "NodeDeleted"]);
    await other.create("/loop");
    assertEqual((await zk.exists("/loop"))?.version, 0);
  },
};
