/**
 * Calls of etcd for everything around the load: one promise per call, any number of them at the same time.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "../tcp-stream.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { makeCall, putCall } from "./grpc-frames.ts";
import { encodeMessage, MessageReader } from "./protobuf.ts";

export const Method = {
  put: "/etcdserverpb.KV/Put",
  range: "/etcdserverpb.KV/Range",
  deleteRange: "/etcdserverpb.KV/DeleteRange",
  txn: "/etcdserverpb.KV/Txn",
  watch: "/etcdserverpb.Watch/Watch",
  leaseGrant: "/etcdserverpb.Lease/LeaseGrant",
  leaseRevoke: "/etcdserverpb.Lease/LeaseRevoke",
  lock: "/v3lockpb.Lock/Lock",
  unlock: "/v3lockpb.Lock/Unlock",
} as const;

export interface KeyValue {
  readonly key: string;
  /** How often it was put since it is there. */
  readonly version: number;
  readonly value: Uint8Array;
}

interface PendingCall {
  readonly method: string;
  readonly resolve: (message: Uint8Array) => void;
  readonly reject: (error: Error) => void;
  message: Uint8Array | undefined;
}

const ANSWER_TIMEOUT_MS = 30_000;
const LEASE_SECONDS = 60;
const SETTLING_COMMITS = 3;
/** etcd commits what it wrote every 100 ms (`--backend-batch-interval`). */
const COMMIT_INTERVAL_MS = 120;
const decoder = new TextDecoder();

export class EtcdControl {
  readonly #connection: GrpcConnection;
  readonly #pending = new Map<number, PendingCall>();
  /** Calls that wait for the server to take more. */
  #waiting: (() => void)[] = [];
  #ended: string | undefined;

  private constructor(connection: GrpcConnection) {
    this.#connection = connection;
    connection.listen({
      onMessage: (streamId, message) => {
        const call = this.#pending.get(streamId);
        if (call) call.message = message.slice();
      },
      onCallEnd: (streamId, isOk) => this.#end(streamId, isOk),
      onRead: () => {
        const waiting = this.#waiting;
        this.#waiting = [];
        for (const send of waiting) send();
      },
      onEnd: (reason) => this.#fail(reason),
    });
  }

  static async open(address: Address): Promise<EtcdControl> {
    return new EtcdControl(await GrpcConnection.open(address));
  }

  /** Resolves with the reply's message. */
  call(method: string, message: Uint8Array): Promise<Uint8Array> {
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const timer = setTimeout(() => this.#connection.destroy(), ANSWER_TIMEOUT_MS);
    this.#send(method, message, { method, resolve, reject, message: undefined });
    return promise.finally(() => clearTimeout(timer));
  }

  async put(key: string, value: Uint8Array): Promise<void> {
    await this.call(Method.put, encodeMessage([1, key], [2, value]));
  }

  /** All keys that begin with the prefix, with their values. */
  async list(prefix: string): Promise<KeyValue[]> {
    const reply = new MessageReader(await this.call(Method.range, encodePrefix(prefix)));
    const found: KeyValue[] = [];
    while (reply.next()) if (reply.field === 2) found.push(readKeyValue(reply.bytes()));
    return found;
  }

  /**
   * Waits until writes of the past cost reads nothing any more: etcd 3.4 copies the buffer of its last writes for every
   * read, and gives the memory of a large one up only when a commit found it empty. A lease makes commits without keys.
   */
  async settle(): Promise<void> {
    for (let commit = 0; commit < SETTLING_COMMITS; commit++) {
      const id = await this.grantLease(LEASE_SECONDS);
      await this.call(Method.leaseRevoke, encodeMessage([1, id]));
      await delay(COMMIT_INTERVAL_MS);
    }
  }

  /** Returns its id, which is a safe integer since it is chosen here. */
  async grantLease(seconds: number): Promise<number> {
    const id = Math.floor(Math.random() * (Number.MAX_SAFE_INTEGER - 1)) + 1;
    await this.call(Method.leaseGrant, encodeMessage([1, seconds], [2, id]));
    return id;
  }

  async deletePrefix(prefix: string): Promise<void> {
    await this.call(Method.deleteRange, encodePrefix(prefix));
  }

  close(): Promise<void> {
    this.#connection.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #send(method: string, message: Uint8Array, call: PendingCall): void {
    if (this.#ended !== undefined) {
      call.reject(new Error(`${method}: ${this.#ended}`));
      return;
    }
    const template = makeCall(method, message);
    if (template.dataBytes > this.#connection.window) {
      this.#waiting.push(() => this.#send(method, message, call));
      return;
    }
    const streamId = this.#connection.takeStreamId();
    const bytes = new Uint8Array(template.bytes.length);
    putCall(bytes, 0, template, streamId);
    this.#pending.set(streamId, call);
    this.#connection.write(bytes);
  }

  #end(streamId: number, isOk: boolean): void {
    const call = this.#pending.get(streamId);
    this.#pending.delete(streamId);
    if (call === undefined) return;
    if (isOk && call.message) call.resolve(call.message);
    else call.reject(new Error(`${call.method} was answered with an error`));
  }

  #fail(reason: string): void {
    this.#ended = reason;
    for (const { method, reject } of this.#pending.values()) {
      reject(new Error(`${method}: no answer: ${reason}`));
    }
    this.#pending.clear();
    for (const send of this.#waiting.splice(0)) send();
  }
}

/** The range of all keys that begin with the prefix ends where its last byte is one more. */
function encodePrefix(prefix: string): Uint8Array {
  const last = prefix.length - 1;
  const end = prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
  return encodeMessage([1, prefix], [2, end]);
}

function readKeyValue(message: Uint8Array): KeyValue {
  const reader = new MessageReader(message);
  let [key, version, value] = ["", 0, new Uint8Array(0) as Uint8Array];
  while (reader.next()) {
    if (reader.field === 1) key = decoder.decode(reader.bytes());
    if (reader.field === 4) version = reader.value;
    if (reader.field === 5) value = reader.bytes();
  }
  return { key, version, value };
}
