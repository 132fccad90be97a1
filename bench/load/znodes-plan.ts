import { hasBytesAt } from "../bytes.ts";
import type { ControlClient } from "../control-client.ts";
import type { ErrorLog } from "../error-log.ts";
import { GetDataWorkload } from "./get-data-workload.ts";
import type { LoadPlan } from "./load-plan.ts";
import type { LoadTarget } from "./load-target.ts";
import { type OwnedZnode, SetDataWorkload } from "./set-data-workload.ts";
import type { Workload } from "./workload.ts";
import { znodeData, znodeName } from "../znode.ts";

const ZNODES = 1000;

/** The same 1,000 znodes are read or written all the time, each by one connection. */
export class ZnodesPlan implements LoadPlan<ControlClient> {
  readonly workloads: readonly Workload[];
  readonly #root: string;
  readonly #writes: boolean;
  /** By connection. */
  readonly #owned: readonly (readonly OwnedZnode[])[];

  constructor(root: string, connections: number, writes: boolean) {
    this.#root = root;
    this.#writes = writes;
    const owned = Array.from({ length: connections }, (): OwnedZnode[] => []);
    for (let seed = 0; seed < ZNODES; seed++) {
      owned[seed % connections]?.push({ path: `${root}/${znodeName(seed)}`, seed });
    }
    this.#owned = owned;
    this.workloads = owned.map((znodes) =>
      writes ? new SetDataWorkload(znodes) : new GetDataWorkload(znodes),
    );
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
    const checks = this.#owned.flatMap((znodes, connection) =>
      znodes.map(async ({ path, seed }, index) => {
        const total = this.#writes ? (operations[connection] ?? 0) : 0;
        // Operation n wrote to znode n modulo their number.
        const version = Math.max(0, Math.ceil((total - index) / znodes.length));
        const lastWrite = version === 0 ? 0 : (version - 1) * znodes.length + index;
        const expected = znodeData(seed, lastWrite);
        const { data, stat } = await control.getData(path);
        if (stat.version !== version) {
          errors.add(`${path} has version ${stat.version}, ${version} was acknowledged`);
        }
        if (data.length !== expected.length || !hasBytesAt(data, 0, expected)) {
          errors.add(`${path} does not hold the data of its last write`);
        }
      }),
    );
    await Promise.all(checks);
  }

  async clean(control: ControlClient, _connections: readonly LoadTarget[]): Promise<void> {
    await Promise.all(this.#owned.flat().map(({ path }) => control.delete(path)));
    await control.delete(this.#root);
  }
}
