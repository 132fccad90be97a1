/**
 * A server inside the process, for the tests of whoever uses the client or the recipes.
 */
export type { LostRequests } from "./endpoint.ts";
export { nextTurn } from "./event-loop.ts";
export { ManualClock } from "./manual-clock.ts";
export type { OperationName } from "./request-trap.ts";
export { SeededRandom } from "./seeded-random.ts";
export {
  type LoseConnectionOptions,
  TestServer,
  type TestServerCounters,
  type TestServerOptions,
} from "./test-server.ts";
