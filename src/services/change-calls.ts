/**
 * Long polls.
 */
import type { ZooKeeper } from "../client/index.ts";
import type { Calls } from "./call.ts";
import type { CallsOf } from "./calls-of.ts";

type Takes = Readonly<Calls["awaitChange"]["takes"]>;
type Change = Calls["awaitChange"]["gives"];

export const changeCalls: CallsOf<"awaitChange"> = {
  async awaitChange(context, takes) {
    const zk = await context.zk();
    const { path, waitMs } = takes;
    const now = await look(zk, takes);
    if (now.changed || waitMs === 0) return now;
    return await context.wait(waitMs, async (signal) => {
      // The stream begins with a Resync: what has changed before it was there is seen then.
      for await (const _event of zk.watch(path, { signal })) {
        const change = await look(zk, takes);
        if (change.changed) return change;
      }
      return now;
    });
  },
};

/** What there is, compared with what the caller knows. */
async function look(zk: ZooKeeper, { path, of, since }: Takes): Promise<Change> {
  const stat = await zk.exists(path);
  const zxid = stat === undefined ? 0 : of === "data" ? stat.mzxid : stat.pzxid;
  return { changed: zxid !== since, exists: stat !== undefined, zxid };
}
