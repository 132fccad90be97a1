/**
 * One client follows a value that another one changes. A stream of events begins with a `Resync`, which says to read, and has
 * another one after every reconnect: so there is one way to start and to recover.
 */
import { connect } from "edgekeeper";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const path = "/example-configuration";

await using publisher = await connect(url);
await using reader = await connect(url);
await publisher.create(path, "blue");

const next = ["green", "red"];
for await (const { type } of reader.watch(path)) {
  if (type === "NodeDeleted") break;
  const { data } = await reader.getData(path);
  console.log(`${type}: ${new TextDecoder().decode(data ?? undefined)}`);
  const value = next.shift();
  if (value === undefined) await publisher.delete(path);
  else await publisher.setData(path, value);
}
console.log("it was deleted");

// Output:
// Resync: blue
// NodeDataChanged: green
// NodeDataChanged: red
// it was deleted
