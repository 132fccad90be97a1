/**
 * A client of Edgekeeper and ZooKeeper, for everything that runs JavaScript.
 */
export { ErrorCode } from "../protocol/error-code.ts";
export { Perms } from "../protocol/op-code.ts";
export { type ACL, type Id, OPEN_ACL_UNSAFE } from "../protocol/records.ts";
export type { ClientInfo } from "../protocol/replies.ts";
export type { Clock } from "./clock.ts";
export { connect } from "./connect.ts";
export type { ConnectOptions, Credential } from "./connect-options.ts";
export * from "./errors.ts";
export { IdempotencyKey } from "./idempotency-key.ts";
export type { MultiReadResults, Read } from "./multi-read.ts";
export type * from "./operation-options.ts";
export type { State, StateChange, StateListener } from "./session-keeper.ts";
export type { Session } from "./session.ts";
export type { Stat } from "./stat.ts";
export type { CheckOp, Transaction, TransactionCreateResult } from "./transaction.ts";
export type { OpenTransport, Transport, TransportListener } from "./transport/transport.ts";
export type { WebSocketLike } from "./transport/web-socket.ts";
export type {
  NodeEvent,
  NodeEventType,
  ResyncEvent,
  SessionLostEvent,
  Watcher,
  WatchStream,
} from "./watch-event.ts";
export type { ChildrenOptions, WatchOptions, ZooKeeper } from "./zookeeper.ts";
