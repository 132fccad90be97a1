/**
 * Items of a queue survive their consumers: what one has claimed when it dies goes to another.
 */
import { connect } from "edgekeeper";
import { Queue } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const path = "/example-queue";

await using producer = await connect(url);
const queue = new Queue(producer, path);
await queue.put("a letter");
await queue.put("a telegram", { priority: 1 });

const careless = await connect(url);
const claim = await new Queue(careless, path).take();
console.log(`claimed: ${claim.text()}`);
await careless.close();
console.log("and died");

for (let left = await queue.length(); left > 0; left--) {
  await using again = await queue.take();
  console.log(`done: ${again.text()}`);
  await again.complete();
}
await producer.deleteRecursive(path);

// Output:
// claimed: a telegram
// and died
// done: a telegram
// done: a letter
