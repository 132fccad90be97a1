/** `node-zookeeper-client` from npm: the tests of `test/process/node-client.test.ts` that any server can be asked. */
import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { describeNodeClient } from "../process/support/node-client-suite.ts";
import { NodeClient } from "../process/support/node-client.ts";

describeNodeClient(async () => {
  const address = inject("interopAddress");
  const chroot = `/interop-${randomUUID()}`;
  // The shortest timeout is two ticks, unless configured otherwise.
  const caretaker = await NodeClient.open(address, { sessionTimeout: 1 });
  const tickTimeMs = caretaker.client.getSessionTimeout() / 2;
  await caretaker.create(chroot);
  return {
    address,
    chroot,
    tickTimeMs,
    [Symbol.asyncDispose]: async () => {
      await removeAll(caretaker, chroot);
      await caretaker.close();
    },
  };
});

/** The client's own removeRecursive does not look far enough down. */
async function removeAll(zk: NodeClient, path: string): Promise<void> {
  // What may not be listed has no children in any of the tests.
  const { names } = await zk.getChildren(path).catch(() => ({ names: [] }));
  for (const name of names) await removeAll(zk, `${path}/${name}`);
  await zk.remove(path);
}
