import type { ControlClient } from "../control-client.ts";
import type { ErrorLog } from "../error-log.ts";
import { znodeName } from "../znode.ts";
import { ChildrenWorkload } from "./children-workload.ts";
import type { LoadPlan } from "./load-plan.ts";

export const CHILDREN = 10_000;

/** One znode with many children, whose names everybody asks for. */
export class ChildrenPlan implements LoadPlan<ControlClient> {
  readonly workloads: readonly ChildrenWorkload[];
  readonly #root: string;
  readonly #paths: readonly string[];

  constructor(root: string, connections: number) {
    this.#root = root;
    const names = Array.from({ length: CHILDREN }, (_, number) => znodeName(number));
    this.#paths = names.map((name) => `${root}/${name}`);
    this.workloads = Array.from({ length: connections }, () => new ChildrenWorkload(root, names));
  }

  async prepare(control: ControlClient): Promise<void> {
    const nothing = new Uint8Array(0);
    await control.create(this.#root, nothing);
    await Promise.all(this.#paths.map((path) => control.create(path, nothing)));
  }

  async verify(
    control: ControlClient,
    _operations: readonly number[],
    errors: ErrorLog,
  ): Promise<void> {
    const numChildren = (await control.exists(this.#root))?.numChildren;
    if (numChildren !== CHILDREN) errors.add(`${this.#root} has ${numChildren} children`);
  }

  async clean(control: ControlClient): Promise<void> {
    await Promise.all(this.#paths.map((path) => control.delete(path)));
    await control.delete(this.#root);
  }
}
