/**
 * Whether a view of the tree shows what there is, while it changes and connections are lost.
 *
 * What a client has read over and over again on one connection without a change is what its views have come to show: a server
 * tells of a change before it shows it, and each time a view needs a few round trips at most.
 */
import type { FaultClient, World } from "./world.ts";

/** More than a view takes to catch up after it was connected: a watch, then Stats, lists and data, one after the other. */
const ROUND_TRIPS = 8;

/** `read` asks the server, `shown` the view. */
export async function expectShown(
  world: World,
  { name, zk }: FaultClient,
  read: () => Promise<string>,
  shown: () => string,
): Promise<void> {
  let isDisturbed = zk.state !== "connected";
  const stop = zk.on("state", () => {
    isDisturbed = true;
  });
  try {
    const first = await read();
    for (let trips = 0; trips < ROUND_TRIPS; trips++) {
      if (isDisturbed || (await read()) !== first) return;
    }
    if (shown() === first) return;
    // It may have heard of a change right behind the last reply.
    const isUnchanged = (await read()) === first && !isDisturbed;
    if (isUnchanged && shown() !== first) {
      world.report(`${name} shows "${shown()}" where there is "${first}"`);
    }
  } finally {
    stop();
  }
}
