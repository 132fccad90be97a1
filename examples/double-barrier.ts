/**
 * Three workers begin together and end together, however long each of them takes.
 */
import { connect } from "edgekeeper";
import { DoubleBarrier } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const entering: string[] = [];
const leaving: string[] = [];

async function work(): Promise<void> {
  await using zk = await connect(url);
  const barrier = new DoubleBarrier(zk, "/example-barriers/test", 3);
  entering.push("come");
  const member = await barrier.enter();
  entering.push("begin");
  await zk.sync("/");
  leaving.push("end");
  await member.leave();
  leaving.push("go");
}

await Promise.all([work(), work(), work()]);
console.log(entering.join(" "));
console.log(leaving.join(" "));

// Output:
// come come come begin begin begin
// end end end go go go
