/**
 * etcd's own lock service: a key under the lock's name for each client's lease, held by the oldest. It waits by watching
 * from a revision of the past, and etcd looks at such watches every 100 ms.
 */
import { ErrorLog } from "../error-log.ts";
import { LatencyHistogram } from "../latency-histogram.ts";
import { measurementOf, meter } from "../meter.ts";
import { type Contender, contend, LOCK_CLIENTS } from "../recipes/contention.ts";
import type { Held } from "../recipes/lock-referee.ts";
import type { Measurement } from "../scenario.ts";
import type { Server } from "../servers.ts";
import { EtcdControl, Method } from "./etcd-control.ts";
import { encodeMessage, MessageReader } from "./protobuf.ts";

/** Its turn is the store's revision when it was had, as is the server's order. */
interface HeldKey extends Held {
  readonly key: Uint8Array;
}

const LEASE_SECONDS = 60;

class EtcdContender implements Contender<HeldKey> {
  readonly #control: EtcdControl;
  readonly #request: Uint8Array;

  constructor(control: EtcdControl, name: string, lease: number) {
    this.#control = control;
    this.#request = encodeMessage([1, name], [2, lease]);
  }

  async acquire(): Promise<HeldKey> {
    const reply = new MessageReader(await this.#control.call(Method.lock, this.#request));
    let [key, turn] = [new Uint8Array(0) as Uint8Array, 0];
    while (reply.next()) {
      if (reply.field === 1) turn = revisionOf(reply.bytes());
      if (reply.field === 2) key = reply.bytes();
    }
    return { key, turn, seen: turn };
  }

  async release({ key }: HeldKey): Promise<number> {
    const message = await this.#control.call(Method.unlock, encodeMessage([1, key]));
    const reply = new MessageReader(message);
    return reply.next() && reply.field === 1 ? revisionOf(reply.bytes()) : 0;
  }
}

function revisionOf(header: Uint8Array): number {
  const reader = new MessageReader(header);
  while (reader.next()) if (reader.field === 3) return reader.value;
  return 0;
}

export async function etcdLockRun(
  server: Server,
  root: string,
  seconds: number,
): Promise<Measurement> {
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  const clients = await Promise.all(
    Array.from({ length: LOCK_CLIENTS }, () => EtcdControl.open(server.address)),
  );
  try {
    const leases = await Promise.all(clients.map((client) => client.grantLease(LEASE_SECONDS)));
    const contenders = clients.map(
      (client, index) => new EtcdContender(client, root, leases[index] as number),
    );
    const metered = await meter(server, () => contend(contenders, seconds, sink));
    const [control] = clients as [EtcdControl];
    const left = await control.list(`${root}/`);
    if (left.length > 0) sink.errors.add(`${left.length} clients are still in the queue`);
    await Promise.all(
      leases.map((lease) => control.call(Method.leaseRevoke, encodeMessage([1, lease]))),
    );
    return measurementOf(metered, metered.result, sink);
  } finally {
    for (const client of clients) client.destroy();
  }
}
