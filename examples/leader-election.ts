/**
 * Of three candidates one leads. When it dies, the next one does, and everybody can see who.
 */
import { connect, type ZooKeeper } from "edgekeeper";
import { LeaderElection } from "edgekeeper/recipes";

const url = process.env["EDGEKEEPER_URL"] ?? "zk://127.0.0.1:2181";
const path = "/example-elections/scheduler";

await using observer = await connect(url);
const candidates = new Map<string, ZooKeeper>();
for (const id of ["one", "two", "three"]) {
  const zk = await connect(url);
  candidates.set(id, zk);
  const election = new LeaderElection(zk, path, { id });
  election.campaign().catch(() => console.log(`${id} has not led`));
  while ((await election.candidates()).length < candidates.size) await zk.sync(path);
}

const rest = ["one", "two"];
for await (const leader of new LeaderElection(observer, path).leaders()) {
  // Between two leaders there may be none.
  if (leader === undefined) continue;
  console.log(`${leader.id} leads`);
  const dying = rest.shift();
  if (dying === undefined) break;
  await candidates.get(dying)?.close();
}
await candidates.get("three")?.close();

// Output:
// one leads
// two leads
// three leads
