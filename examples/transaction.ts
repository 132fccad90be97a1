/**
 * Several operations that happen together or not at all: money moves, or stays where it is.
 */
import { BadVersionError, connect, TransactionError } from "edgekeeper";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";

await using zk = await connect(url);
await zk
  .transaction()
  .create("/example-accounts")
  .create("/example-accounts/anna", "100")
  .create("/example-accounts/bert", "0")
  .commit();

async function move(versions: { anna: number; bert: number }): Promise<string> {
  try {
    const [, bert] = await zk
      .transaction()
      .setData("/example-accounts/anna", "40", { version: versions.anna })
      .setData("/example-accounts/bert", "60", { version: versions.bert })
      .commit();
    return `moved, bert's account has version ${bert.version}`;
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const isStale = error.cause instanceof BadVersionError;
    return `not moved: operation ${error.index} was ${isStale ? "out of date" : "refused"}`;
  }
}

console.log(await move({ anna: 0, bert: 0 }));
console.log(await move({ anna: 1, bert: 0 }));
await zk.deleteRecursive("/example-accounts");

// Output:
// moved, bert's account has version 1
// not moved: operation 1 was out of date
