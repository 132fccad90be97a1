/**
 * Two clients count together. Every change is a compare-and-set, so none is lost.
 */
import { connect } from "edgekeeper";
import { Counter } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const path = "/example-counters/visits";

await using a = await connect(url);
await using b = await connect(url);
const counters = [new Counter(a, path), new Counter(b, path)];
await Promise.all(
  counters.map(async (counter) => {
    for (let i = 0; i < 10; i++) await counter.add(1);
  }),
);
console.log(`visits: ${await counters[0]?.get()}`);
console.log(`reset: ${await counters[0]?.compareAndSet(20, 0)}`);
console.log(`again: ${await counters[1]?.compareAndSet(20, 0)}`);
await a.deleteRecursive("/example-counters");

// Output:
// visits: 20
// reset: true
// again: false
