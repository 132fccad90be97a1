/**
 * The plans of the other scenarios for etcd. A root is a prefix there.
 */
import { hasBytesAt } from "../bytes.ts";
import type { ErrorLog } from "../error-log.ts";
import type { LoadPlan } from "../load/load-plan.ts";
import type { LoadDriver } from "../load/load-scenario.ts";
import { type OwnedZnode, ownedZnodes } from "../load/owned-znodes.ts";
import type { WriteShare } from "../load/znode-schedule.ts";
import { znodeData, znodeName } from "../znode.ts";
import { EtcdConnection } from "./etcd-connection.ts";
import { EtcdControl, type KeyValue } from "./etcd-control.ts";
import { EtcdCreateWorkload, EtcdZnodeWorkload } from "./etcd-workloads.ts";

export const etcdDriver: LoadDriver<EtcdControl> = {
  openControl: ({ address }) => EtcdControl.open(address),
  openConnection: ({ address }) => EtcdConnection.open(address),
};

export class EtcdZnodesPlan implements LoadPlan<EtcdControl> {
  readonly workloads: readonly EtcdZnodeWorkload[];
  readonly #root: string;
  readonly #owned: readonly (readonly OwnedZnode[])[];

  constructor(root: string, connections: number, share: WriteShare) {
    this.#root = root;
    this.#owned = ownedZnodes(root, connections);
    this.workloads = this.#owned.map((znodes) => new EtcdZnodeWorkload(znodes, share));
  }

  async prepare(control: EtcdControl): Promise<void> {
    const all = this.#owned.flat();
    await Promise.all(all.map(({ path, seed }) => control.put(path, znodeData(seed, 0))));
    await control.settle();
  }

  async verify(
    control: EtcdControl,
    operations: readonly number[],
    errors: ErrorLog,
  ): Promise<void> {
    const found = byKey(await control.list(`${this.#root}/`));
    for (const [connection, znodes] of this.#owned.entries()) {
      const { schedule } = this.workloads[connection] as EtcdZnodeWorkload;
      const writes = schedule.writesBefore(operations[connection] ?? 0);
      for (const [index, { path, seed }] of znodes.entries()) {
        const version = schedule.versionOf(index, writes);
        const expected = znodeData(seed, schedule.writeOf(index, version));
        compare(found.get(path), path, expected, version + 1, errors);
      }
    }
  }

  async clean(control: EtcdControl): Promise<void> {
    await control.deletePrefix(`${this.#root}/`);
  }
}

export class EtcdCreatePlan implements LoadPlan<EtcdControl> {
  readonly workloads: readonly EtcdCreateWorkload[];
  readonly #root: string;
  readonly #prefixes: readonly string[];
  readonly #perOperation: number;

  /** `perTxn` puts an operation, in a transaction; without it one, alone. */
  constructor(root: string, connections: number, perTxn?: number) {
    this.#root = root;
    this.#perOperation = perTxn ?? 1;
    this.#prefixes = Array.from({ length: connections }, (_, index) => `${root}/c${index}/`);
    this.workloads = this.#prefixes.map(
      (prefix, index) => new EtcdCreateWorkload(prefix, index, perTxn),
    );
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async verify(
    control: EtcdControl,
    operations: readonly number[],
    errors: ErrorLog,
  ): Promise<void> {
    for (const [index, prefix] of this.#prefixes.entries()) {
      const created = (operations[index] ?? 0) * this.#perOperation;
      const found = byKey(await control.list(prefix));
      if (found.size !== created) {
        errors.add(`${prefix} has ${found.size} keys, ${created} were acknowledged`);
      }
      for (let number = 0; number < created; number++) {
        const key = `${prefix}${znodeName(number)}`;
        compare(found.get(key), key, znodeData(index, number), 1, errors);
      }
    }
  }

  async clean(control: EtcdControl): Promise<void> {
    await control.deletePrefix(`${this.#root}/`);
  }
}

function byKey(found: readonly KeyValue[]): Map<string, KeyValue> {
  return new Map(found.map((keyValue) => [keyValue.key, keyValue]));
}

function compare(
  found: KeyValue | undefined,
  key: string,
  data: Uint8Array,
  version: number,
  errors: ErrorLog,
): void {
  if (found?.version !== version) {
    errors.add(`${key} has version ${found?.version}, ${version} was acknowledged`);
  } else if (found.value.length !== data.length || !hasBytesAt(found.value, 0, data)) {
    errors.add(`${key} does not hold the data of its last write`);
  }
}
