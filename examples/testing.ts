/**
 * A test of what happens when a session expires, without a server and without waiting: the server is in the process, and its time
 * is the test's.
 */
import { Lock } from "edgekeeper/recipes";
import { ManualClock, TestServer } from "edgekeeper/testing";

const clock = new ManualClock();
await using server = new TestServer({ clock });
const zk = await server.connect({ sessionTimeoutMs: 10_000 });
const other = await server.connect();

const held = await new Lock(zk, "/lock").acquire();
const waiting = new Lock(other, "/lock").acquire();
held.signal.addEventListener("abort", () => console.log(`lost after ${clock.now()} ms`));

// Nothing gets through to the holder any more.
server.pause(zk);
await clock.advance(9_999);
console.log(`still held: ${!held.signal.aborted}`);
await clock.advance(5_000);
const next = await waiting;
console.log(`the next one has it: ${next.token > held.token}`);

// Output:
// still held: true
// lost after 10000 ms
// the next one has it: true
