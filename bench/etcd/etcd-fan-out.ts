/**
 * A key that is watched: every watcher has a connection of its own, as a session of ZooKeeper has.
 */
import { hasBytesAt } from "../bytes.ts";
import type { FanOutDriver, Watcher, WatcherListener } from "../recipes/fan-out-driver.ts";
import type { Address } from "../tcp-stream.ts";
import { EtcdControl, Method } from "./etcd-control.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { makeCall, putCall } from "./grpc-frames.ts";
import { encodeMessage, MessageReader } from "./protobuf.ts";

export const etcdFanOut: FanOutDriver = {
  openChanger: async (address) => {
    const control = await EtcdControl.open(address);
    return {
      create: (path, data) => control.put(path, data),
      change: (path, data) => control.put(path, data),
      remove: (path) => control.deletePrefix(path),
      close: () => control.close(),
      destroy: () => control.destroy(),
    };
  },
  openWatcher: (address, path, listener) => EtcdWatcher.open(address, path, listener),
};

/** What a WatchResponse says. */
interface WatchReply {
  readonly isCreated: boolean;
  /** Of the keys that were put. */
  readonly values: readonly Uint8Array[];
}

class EtcdWatcher implements Watcher {
  readonly #connection: GrpcConnection;
  readonly #listener: WatcherListener;
  /** Of the last event; undefined before the first one. */
  #seen: Uint8Array | undefined;
  #isDue = false;
  #isOver = false;

  private constructor(connection: GrpcConnection, listener: WatcherListener) {
    this.#connection = connection;
    this.#listener = listener;
  }

  /** Resolves when the watch is there. */
  static async open(
    address: Address,
    path: string,
    listener: WatcherListener,
  ): Promise<EtcdWatcher> {
    const connection = await GrpcConnection.open(address);
    const watcher = new EtcdWatcher(connection, listener);
    const { promise: created, resolve } = Promise.withResolvers<void>();
    connection.listen({
      onMessage: (_streamId, message) => watcher.#accept(message, resolve),
      onCallEnd: () => watcher.#fail("a watch was ended"),
      onRead: () => {},
      onEnd: (reason) => watcher.#fail(`a watching connection ended: ${reason}`),
    });
    const request = encodeMessage([1, encodeMessage([1, path])]);
    const call = makeCall(Method.watch, request, false);
    const bytes = new Uint8Array(call.bytes.length);
    putCall(bytes, 0, call, connection.takeStreamId());
    connection.write(bytes);
    await created;
    return watcher;
  }

  /** The watch stays: there is only to see whether the last event told what was written. */
  arm(expected: Uint8Array): void {
    const seen = this.#seen;
    if (seen && (seen.length !== expected.length || !hasBytesAt(seen, 0, expected))) {
      this.#listener.onWrong("not the data that was written last");
    }
    this.#isDue = true;
    this.#listener.onArmed();
  }

  close(): Promise<void> {
    this.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#isOver = true;
    this.#connection.destroy();
  }

  #accept(message: Uint8Array, onCreated: () => void): void {
    const { isCreated, values } = readWatchReply(message);
    if (isCreated) onCreated();
    for (const value of values) {
      if (!this.#isDue) this.#listener.onWrong("an event that is not due");
      this.#isDue = false;
      this.#seen = value.slice();
      this.#listener.onEvent();
    }
  }

  #fail(what: string): void {
    if (!this.#isOver) this.#listener.onWrong(what);
  }
}

function readWatchReply(message: Uint8Array): WatchReply {
  const reply = new MessageReader(message);
  let isCreated = false;
  const values: Uint8Array[] = [];
  while (reply.next()) {
    if (reply.field === 3) isCreated = reply.value === 1;
    if (reply.field === 11) values.push(valueOf(reply.bytes()));
  }
  return { isCreated, values };
}

/** The value in an event's key. */
function valueOf(event: Uint8Array): Uint8Array {
  const reader = new MessageReader(event);
  while (reader.next()) {
    if (reader.field !== 2) continue;
    const keyValue = new MessageReader(reader.bytes());
    while (keyValue.next()) if (keyValue.field === 5) return keyValue.bytes();
  }
  return new Uint8Array(0);
}
