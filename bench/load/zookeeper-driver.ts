import { ControlClient } from "../control-client.ts";
import { openSession } from "../session.ts";
import { LoadConnection } from "./load-connection.ts";
import type { LoadDriver } from "./load-scenario.ts";

/** ZooKeeper's protocol: every connection is a session. */
export const zookeeperDriver: LoadDriver<ControlClient> = {
  openControl: ({ address }) => ControlClient.open(address),
  openConnection: async ({ address }) => new LoadConnection(await openSession(address)),
};
