import { hasBytesAt } from "../bytes.ts";
import type { ControlClient } from "../control-client.ts";
import type { ErrorLog } from "../error-log.ts";
import { znodeData } from "../znode.ts";
import type { LoadPlan } from "./load-plan.ts";
import { type OwnedZnode, ownedZnodes } from "./owned-znodes.ts";
import type { WriteShare } from "./znode-schedule.ts";
import { ZnodeWorkload } from "./znode-workload.ts";

/** The same znodes are read or written all the time. */
export class ZnodesPlan implements LoadPlan<ControlClient> {
  readonly workloads: readonly ZnodeWorkload[];
  readonly #root: string;
  /** By connection. */
  readonly #owned: readonly (readonly OwnedZnode[])[];

  constructor(root: string, connections: number, share: WriteShare) {
    this.#root = root;
    this.#owned = ownedZnodes(root, connections);
    this.workloads = this.#owned.map((znodes) => new ZnodeWorkload(znodes, share));
  }

  async prepare(control: ControlClient): Promise<void> {
    await control.create(this.#root, new Uint8Array(0));
    const all = this.#owned.flat();
    await Promise.all(all.map(({ path, seed }) => control.create(path, znodeData(seed, 0))));
  }

  async verify(
    control: ControlClient,
    operations: readonly number[],
    errors: ErrorLog,
  ): Promise<void> {
    const checks = this.#owned.flatMap((znodes, connection) => {
      const { schedule } = this.workloads[connection] as ZnodeWorkload;
      const writes = schedule.writesBefore(operations[connection] ?? 0);
      return znodes.map(async ({ path, seed }, index) => {
        const version = schedule.versionOf(index, writes);
        const expected = znodeData(seed, schedule.writeOf(index, version));
        const { data, stat } = await control.getData(path);
        if (stat.version !== version) {
          errors.add(`${path} has version ${stat.version}, ${version} was acknowledged`);
        }
        if (data.length !== expected.length || !hasBytesAt(data, 0, expected)) {
          errors.add(`${path} does not hold the data of its last write`);
        }
      });
    });
    await Promise.all(checks);
  }

  async clean(control: ControlClient): Promise<void> {
    await Promise.all(this.#owned.flat().map(({ path }) => control.delete(path)));
    await control.delete(this.#root);
  }
}
