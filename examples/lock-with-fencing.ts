/**
 * Two clients take turns, and write only while they hold the lock: the check goes into the same transaction as the write, so
 * that whoever has lost the lock without knowing it writes nothing.
 */
import { connect, TransactionError } from "edgekeeper";
import { Lock } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";

await using a = await connect(url);
await using b = await connect(url);
await a.create("/example-invoice", "open");

const held = await new Lock(a, "/example-locks/invoice").acquire();
const inLine = Promise.withResolvers<number>();
const onPosition = inLine.resolve;
const waiting = new Lock(b, "/example-locks/invoice").acquire({ timeoutMs: 10_000, onPosition });
console.log(`b waits for ${await inLine.promise}`);
await a.transaction().add(held.check()).setData("/example-invoice", "paid by a").commit();
console.log("a has written");

await held.release();
await using heldByB = await waiting;
console.log(`b has it, and its token is larger: ${heldByB.token > held.token}`);
try {
  await a.transaction().add(held.check()).setData("/example-invoice", "paid twice").commit();
} catch (error) {
  if (!(error instanceof TransactionError)) throw error;
  console.log("a comes too late");
}
await b.delete("/example-invoice");

// Output:
// b waits for 1
// a has written
// b has it, and its token is larger: true
// a comes too late
