/**
 * A server in one object, with nothing between it and the bytes that it gets: frames as they were cut out of a stream,
 * a state machine over a MemoryStore, and connections whose output nobody has looked at.
 */
import { createHash } from "node:crypto";
import { createSystemZnodes } from "../../src/core/data-tree.ts";
import {
  type DecodedFrame,
  decodeFrame,
  type FrameResult,
  handleFrame,
  readHandshake,
  writeHandshake,
} from "../../src/core/frame-handler.ts";
import { MemoryStore } from "../../src/core/memory-store.ts";
import { defaultSessionTimeouts } from "../../src/core/session-tracker.ts";
import {
  type ConnectOutcome,
  StateMachine,
  type StateMachineOptions,
  type StepContext,
} from "../../src/core/state-machine.ts";
import { WatchManager } from "../../src/core/watch-manager.ts";
import {
  type ConnectRequest,
  type SessionId,
  writeNotificationFrame,
} from "../../src/protocol/records.ts";
import { FuzzConnection } from "./connection.ts";

/** What became of a frame. */
export type Handled =
  | {
      readonly kind: "handshake";
      readonly request: ConnectRequest | undefined;
      readonly outcome: ConnectOutcome | undefined;
    }
  | {
      readonly kind: "request";
      readonly frame: DecodedFrame | undefined;
      readonly result: FrameResult;
    };

export class FuzzServer {
  readonly store = new MemoryStore();
  readonly watches = new WatchManager();
  readonly machine: StateMachine;
  readonly connections = new Set<FuzzConnection>();
  nowMs = 1_700_000_000_000;
  readonly #context: StepContext;

  constructor(
    options: Omit<StateMachineOptions, "store" | "watches" | "sessionTimeouts" | "sha1Base64">,
  ) {
    createSystemZnodes(this.store);
    this.machine = new StateMachine({
      store: this.store,
      watches: this.watches,
      sessionTimeouts: defaultSessionTimeouts(2_000),
      sha1Base64: (text) => createHash("sha1").update(text, "utf8").digest("base64"),
      ...options,
    });
    const now = () => this.nowMs;
    this.#context = {
      get nowMs() {
        return now();
      },
      notify: (watcher, type, path) =>
        writeNotificationFrame((watcher as FuzzConnection).out, type, path),
    };
  }

  open(name: string, address: string): FuzzConnection {
    const connection = new FuzzConnection(name, address);
    this.connections.add(connection);
    return connection;
  }

  handle(connection: FuzzConnection, bytes: Uint8Array): Handled {
    if (connection.sessionId === 0) return this.#shakeHands(connection, bytes);
    const frame = decodeFrame(bytes);
    const { out } = connection;
    const result = handleFrame(this.machine, connection, frame, out, this.#context);
    if (result !== "open") this.close(connection);
    return { kind: "request", frame, result };
  }

  close(connection: FuzzConnection): void {
    connection.closed = true;
    this.connections.delete(connection);
    this.watches.removeWatcher(connection);
  }

  /** The session has not been heard of for too long. */
  expire(id: SessionId): void {
    for (const connection of this.connections) {
      if (connection.sessionId === id) this.close(connection);
    }
    this.machine.closeSession(id, this.#context);
  }

  #shakeHands(connection: FuzzConnection, bytes: Uint8Array): Handled {
    const request = readHandshake(bytes);
    const outcome = request && this.machine.connect(request, this.nowMs);
    if (request === undefined || outcome === undefined || outcome.kind === "ahead") {
      this.close(connection);
    } else if (outcome.kind === "expired") {
      writeHandshake(connection.out, request, undefined);
      this.close(connection);
    } else {
      const { session } = outcome;
      for (const other of this.connections) {
        if (other.sessionId === session.id) this.close(other);
      }
      writeHandshake(connection.out, request, session);
      connection.sessionId = session.id;
      connection.passwd = session.passwd;
    }
    return { kind: "handshake", request, outcome };
  }
}
