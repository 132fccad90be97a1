import { expect, it } from "vitest";
import { CreateFlags, EventType } from "../../src/protocol/op-code.ts";
import { TestNamespace } from "./support/namespace.ts";
import { setDataRequest } from "./support/zookeeper-client.ts";

const TIMEOUT_MS = 4_000;

it("the platform's alarm ends who is silent, in time, while others keep the object busy", async () => {
  const namespace = new TestNamespace();
  const [silent, pinging, busy] = await Promise.all([
    namespace.connect({ timeOut: TIMEOUT_MS }),
    namespace.connect({ timeOut: TIMEOUT_MS }),
    namespace.connect(),
  ]);
  await pinging.create("/pinging", "", CreateFlags.ephemeral);
  const heardMs = Date.now();
  await silent.create("/silent", "", CreateFlags.ephemeral);
  const gone = `${EventType.nodeDeleted} /silent`;
  await busy.exists("/silent", true);
  await busy.exists("/pinging", true);
  while (!busy.events.includes(gone) && Date.now() - heardMs < 15_000) {
    await pinging.connection.ping();
    // It may be gone since the last look.
    await busy.request(setDataRequest("/silent", "x"));
    await busy.exists("/silent", true);
    await scheduler.wait(20);
  }
  const tookMs = Date.now() - heardMs;
  expect(busy.events.at(-1)).toBe(gone);
  expect(tookMs).toBeGreaterThanOrEqual(TIMEOUT_MS);
  expect((await busy.exists("/pinging"))?.ephemeralOwner).toBe(pinging.sessionId);
}, 20_000);
