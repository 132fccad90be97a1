/**
 * Workers come and go, and somebody always knows who is there.
 */
import { connect } from "edgekeeper";
import { GroupMembership } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const path = "/example-workers";

await using observer = await connect(url);
const anna = await connect(url);
const bert = await connect(url);

const next = [
  async () => void (await new GroupMembership(anna, path).join({ id: "anna", data: "10.0.0.1" })),
  async () => void (await new GroupMembership(bert, path).join({ id: "bert", data: "10.0.0.2" })),
  async () => await anna.close(),
  async () => await bert.close(),
];
for await (const members of new GroupMembership(observer, path).watch()) {
  console.log(`there: ${members.map(({ id }) => id).join(", ") || "nobody"}`);
  const step = next.shift();
  if (step === undefined) break;
  await step();
}

// Output:
// there: nobody
// there: anna
// there: anna, bert
// there: bert
// there: nobody
