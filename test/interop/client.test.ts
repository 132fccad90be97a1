/** Our own client, over TCP, on what any ZooKeeper can be asked. */
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { connect } from "../../src/client/index.ts";
import { describeClient } from "../process/support/client-suite.ts";

describeClient(async () => {
  const [host = "", port] = inject("interopAddress").split(":");
  const chroot = `/interop-${randomUUID()}`;
  const url = (at: number): string => `zk://${host}:${at}`;
  // The shortest timeout is two ticks, unless configured otherwise.
  const caretaker = await connect(url(Number(port)), { sessionTimeoutMs: 1 });
  await caretaker.create(chroot);
  return {
    host,
    port: Number(port),
    chroot,
    sessionTimeoutMs: caretaker.session?.timeoutMs ?? 0,
    url,
    [Symbol.asyncDispose]: async () => {
      await caretaker.deleteRecursive(chroot);
      await caretaker.close();
    },
  };
});
