/**
 * One connection under load: keeps a number of requests in flight and checks every reply as it arrives. No promise,
 * no decoded object and no system call per operation: all that one read releases leaves in one write.
 */
import { ErrorCode } from "../../src/protocol/error-code.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { readInt, readLong } from "../bytes.ts";
import type { Sink } from "../meter.ts";
import type { Channel } from "../tcp-channel.ts";
import {
  encodeRequestFrame,
  REPLY_BODY_AT,
  REPLY_ERR_AT,
  REPLY_XID_AT,
  REPLY_ZXID_AT,
} from "../wire-layout.ts";
import type { LoadLimits, LoadTarget } from "./load-target.ts";
import type { Workload } from "./workload.ts";
import { Slab } from "./slab.ts";

const CLOSE_TIMEOUT_MS = 5_000;

/** A connection of frames: a session of ZooKeeper's protocol, or one to whatever answers as it does. */
export class LoadConnection implements LoadTarget {
  readonly #channel: Channel;
  readonly #slab = new Slab();
  #xidBase = 1;
  #zxid = 0;
  #ended: string | undefined;
  #run: Run | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.listen({
      onFrames: (frames) => this.#onFrames(frames),
      onEnd: (reason) => this.#onEnd(reason),
    });
  }

  run(workload: Workload, limits: LoadLimits, sink: Sink): Promise<number> {
    return new Promise((resolve) => {
      const sentAtMs = new Float64Array(limits.inFlight);
      const run: Run = { workload, limits, sink, sent: 0, received: 0, sentAtMs, resolve };
      if (this.#ended !== undefined) {
        this.#abandon(run, this.#ended);
        return;
      }
      this.#run = run;
      this.#fill(run, performance.now());
      if (run.sent === 0) this.#finish(run);
    });
  }

  abort(reason: string): void {
    if (this.#run) this.#abandon(this.#run, reason);
    this.#channel.destroy();
  }

  /** Closes the session and waits until the server has closed the connection. */
  close(): Promise<void> {
    if (this.#ended !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#channel.destroy(), CLOSE_TIMEOUT_MS);
      this.#channel.listen({
        onFrames: () => {}, // The reply; the end of the connection follows it.
        onEnd: () => {
          clearTimeout(timer);
          resolve();
        },
      });
      this.#channel.write(encodeRequestFrame(this.#xidBase, { type: OpCode.closeSession }));
    });
  }

  /** Drops the connection; the session is left to expire. */
  destroy(): void {
    this.#channel.destroy();
  }

  #onFrames(frames: readonly Uint8Array[]): void {
    const run = this.#run;
    const nowMs = performance.now();
    for (const frame of frames) {
      if (run === undefined || run.received === run.sent) {
        this.#channel.destroy();
        if (run) this.#abandon(run, "a reply that answers nothing");
        return;
      }
      if (!this.#accept(run, frame, nowMs)) return;
    }
    if (run === undefined) return;
    this.#fill(run, nowMs);
    if (run.received === run.sent) this.#finish(run);
  }

  /** Takes the reply to the oldest request in flight; false when the stream is out of step. */
  #accept(run: Run, frame: Uint8Array, nowMs: number): boolean {
    const operation = run.received;
    const xid = readInt(frame, REPLY_XID_AT);
    if (frame.length < REPLY_BODY_AT || xid !== this.#xidBase + operation) {
      this.#channel.destroy();
      this.#abandon(run, `a reply to xid ${xid} where ${this.#xidBase + operation} is due`);
      return false;
    }
    run.received++;
    run.sink.latencies.record(nowMs - (run.sentAtMs[operation % run.limits.inFlight] as number));
    const err = readInt(frame, REPLY_ERR_AT);
    const zxid = readLong(frame, REPLY_ZXID_AT);
    let wrong: string | undefined;
    if (err !== ErrorCode.ok) wrong = `operation ${operation} answered with error ${err}`;
    else if (zxid < this.#zxid) wrong = `operation ${operation}: zxid ${zxid} after ${this.#zxid}`;
    else wrong = run.workload.check(frame, operation);
    this.#zxid = zxid;
    if (wrong !== undefined) run.sink.errors.add(wrong);
    return true;
  }

  /** Sends what the limits allow, in one write. */
  #fill(run: Run, nowMs: number): void {
    const { workload, limits } = run;
    if (nowMs >= limits.endAtMs) return;
    const room = Math.min(
      limits.inFlight - (run.sent - run.received),
      limits.operationsMax - run.sent,
    );
    if (room <= 0) return;
    let at = this.#slab.reserve(room * workload.frameBytesMax);
    const sentAtMs = performance.now();
    for (let i = 0; i < room; i++) {
      const operation = run.sent++;
      at += workload.encode(this.#slab.bytes, at, this.#xidBase + operation, operation);
      run.sentAtMs[operation % limits.inFlight] = sentAtMs;
    }
    this.#channel.write(this.#slab.take(at));
  }

  #finish(run: Run): void {
    this.#run = undefined;
    this.#xidBase += run.sent;
    run.resolve(run.received);
  }

  #abandon(run: Run, reason: string): void {
    const lost = run.sent - run.received;
    run.sink.errors.add(`${reason}; ${lost} requests without an answer`, Math.max(1, lost));
    this.#finish(run);
  }

  #onEnd(reason: string): void {
    this.#ended = reason;
    if (this.#run) this.#abandon(this.#run, reason);
  }
}

interface Run {
  readonly workload: Workload;
  readonly limits: LoadLimits;
  readonly sink: Sink;
  readonly resolve: (operations: number) => void;
  /** When the request with this number, modulo the depth, was sent. */
  readonly sentAtMs: Float64Array;
  sent: number;
  received: number;
}
