/**
 * Two leases for whoever exports something, whichever process they are in: a third one waits.
 */
import { connect } from "edgekeeper";
import { Semaphore } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";

await using zk = await connect(url);
const semaphore = new Semaphore(zk, "/example-semaphores/exports", { leases: 2 });

const first = await semaphore.acquire();
await using second = await semaphore.acquire();
console.log(`a third at once: ${(await semaphore.tryAcquire()) !== undefined}`);

const third = semaphore.run((lease) => {
  console.log(`it came: ${lease.token > second.token}`);
});
await first.release();
await third;

// Output:
// a third at once: false
// it came: true
