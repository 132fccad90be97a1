import { hasBytesAt } from "../bytes.ts";
import type { ControlClient } from "../control-client.ts";
import { CreateWorkload } from "./create-workload.ts";
import { DeleteWorkload } from "./delete-workload.ts";
import type { ErrorLog } from "../error-log.ts";
import type { LoadPlan } from "./load-plan.ts";
import type { LoadTarget } from "./load-target.ts";
import { MULTI_CREATES, MultiWorkload } from "./multi-workload.ts";
import type { Workload } from "./workload.ts";
import { runLoad } from "./load-run.ts";
import { znodeData, znodeName } from "../znode.ts";

/** Of the created znodes of each connection this many are read back, the first and the last among them. */
const SAMPLES = 20;

const CLEAN_IN_FLIGHT = 32;
const CLEAN_SECONDS = 60;

/** Every connection creates under a parent of its own, one znode an operation or a multi of them. */
export class CreatePlan implements LoadPlan<ControlClient> {
  readonly workloads: readonly Workload[];
  readonly #root: string;
  readonly #parents: readonly string[];
  /** Znodes that one operation creates. */
  readonly #perOperation: number;

  constructor(root: string, connections: number, isMulti = false) {
    this.#root = root;
    this.#parents = Array.from({ length: connections }, (_, index) => `${root}/c${index}`);
    this.#perOperation = isMulti ? MULTI_CREATES : 1;
    const Creator = isMulti ? MultiWorkload : CreateWorkload;
    this.workloads = this.#parents.map((parent, index) => new Creator(parent, index));
  }

  async prepare(control: ControlClient): Promise<void> {
    const nothing = new Uint8Array(0);
    await control.create(this.#root, nothing);
    await Promise.all(this.#parents.map((parent) => control.create(parent, nothing)));
  }

  async verify(
    control: ControlClient,
    operations: readonly number[],
    errors: ErrorLog,
  ): Promise<void> {
    const checks = this.#parents.map(async (parent, index) => {
      const created = (operations[index] ?? 0) * this.#perOperation;
      const numChildren = (await control.exists(parent))?.numChildren;
      if (numChildren !== created) {
        errors.add(`${parent} has ${numChildren} children, ${created} were acknowledged`);
      }
      for (const number of samples(created)) {
        const path = `${parent}/${znodeName(number)}`;
        const { data, stat } = await control.getData(path);
        const expected = znodeData(index, number);
        if (data.length !== expected.length || !hasBytesAt(data, 0, expected)) {
          errors.add(`${path} does not hold the data that it was created with`);
        }
        if (stat.version !== 0) errors.add(`${path} has version ${stat.version}`);
      }
    });
    await Promise.all(checks);
  }

  async clean(
    control: ControlClient,
    connections: readonly LoadTarget[],
    operations: readonly number[],
  ): Promise<void> {
    const deletes = this.#parents.map((parent) => new DeleteWorkload(parent));
    const amount = {
      inFlight: CLEAN_IN_FLIGHT,
      seconds: CLEAN_SECONDS,
      operationsMax: operations.map((count) => count * this.#perOperation),
    };
    const { errors } = await runLoad(connections, deletes, amount);
    if (errors.count > 0) throw new Error(`while removing what was created: ${errors.examples[0]}`);
    await Promise.all(this.#parents.map((parent) => control.delete(parent)));
    await control.delete(this.#root);
  }
}

/** Numbers spread evenly over 0…count-1. */
function samples(count: number): number[] {
  const wanted = Math.min(count, SAMPLES);
  return Array.from({ length: wanted }, (_, i) =>
    wanted === 1 ? 0 : Math.round((i * (count - 1)) / (wanted - 1)),
  );
}
