/**
 * One connection to etcd under load, as LoadConnection is one to ZooKeeper. Calls may be answered in any order; a call
 * that is overtaken by too many holds the next ones back, so that what each must answer stays certain.
 */
import type { LoadLimits, LoadTarget } from "../load/load-target.ts";
import type { Workload } from "../load/workload.ts";
import type { Sink } from "../meter.ts";
import type { Address } from "../tcp-stream.ts";
import { GrpcConnection } from "./grpc-connection.ts";
import { Slab } from "../load/slab.ts";

/** Calls, from the oldest without an answer on, that may have left: this many times those in flight. */
const SPAN_FACTOR = 3;

/** Of a call: free, sent, its message there and checked, ended. */
const [SENT, CHECKED, ENDED] = [1, 2, 3];

export class EtcdConnection implements LoadTarget {
  readonly #connection: GrpcConnection;
  readonly #slab = new Slab();
  #ended: string | undefined;
  #run: Run | undefined;

  private constructor(connection: GrpcConnection) {
    this.#connection = connection;
    connection.listen({
      onMessage: (streamId, message) => this.#check(streamId, message),
      onCallEnd: (streamId, isOk) => this.#endCall(streamId, isOk),
      onRead: () => this.#goOn(),
      onEnd: (reason) => {
        this.#ended = reason;
        this.#abandon(reason);
      },
    });
  }

  static async open(address: Address): Promise<EtcdConnection> {
    return new EtcdConnection(await GrpcConnection.open(address));
  }

  run(workload: Workload, limits: LoadLimits, sink: Sink): Promise<number> {
    return new Promise((resolve) => {
      this.#run = new Run(workload, limits, sink, resolve);
      if (this.#ended === undefined) this.#goOn();
      else this.#abandon(this.#ended);
    });
  }

  abort(reason: string): void {
    this.#abandon(reason);
    this.#connection.destroy();
  }

  close(): Promise<void> {
    this.#connection.destroy();
    return Promise.resolve();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #check(streamId: number, message: Uint8Array): void {
    const run = this.#run;
    const operation = run?.operationOf(streamId);
    if (run === undefined || operation === undefined) return;
    const slot = operation % run.span;
    const wrong =
      run.states[slot] === SENT ? run.workload.check(message, operation) : "a second reply";
    if (wrong !== undefined) run.sink.errors.add(wrong);
    run.states[slot] = CHECKED;
  }

  #endCall(streamId: number, isOk: boolean): void {
    const run = this.#run;
    const operation = run?.operationOf(streamId);
    if (run === undefined || operation === undefined) return;
    const slot = operation % run.span;
    run.sink.latencies.record(performance.now() - (run.sentAtMs[slot] as number));
    if (!isOk || run.states[slot] !== CHECKED) {
      run.sink.errors.add(`operation ${operation} was answered with an error`);
    }
    run.states[slot] = ENDED;
    run.received++;
    while (run.oldest < run.sent && run.states[run.oldest % run.span] === ENDED) run.oldest++;
  }

  /** Sends what the limits allow, in one write, and ends the run when nothing is left to wait for. */
  #goOn(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#fill(run);
    if (run.received === run.sent && run.isOver) this.#finish(run);
  }

  #fill(run: Run): void {
    if (run.isOver) return;
    const { workload, limits } = run;
    const bytesMax = workload.frameBytesMax;
    const room = Math.min(
      limits.inFlight - (run.sent - run.received),
      run.oldest + run.span - run.sent,
      limits.operationsMax - run.sent,
      // All of a call counted as data: the window is wide enough not to care.
      Math.floor(this.#connection.window / bytesMax),
    );
    if (room <= 0) return;
    let at = this.#slab.reserve(room * bytesMax);
    const nowMs = performance.now();
    for (let i = 0; i < room; i++) {
      const operation = run.sent++;
      const streamId = this.#connection.takeStreamId();
      if (operation === 0) run.firstStreamId = streamId;
      at += workload.encode(this.#slab.bytes, at, streamId, operation);
      run.states[operation % run.span] = SENT;
      run.sentAtMs[operation % run.span] = nowMs;
    }
    this.#connection.write(this.#slab.take(at));
  }

  #finish(run: Run): void {
    this.#run = undefined;
    run.resolve(run.received);
  }

  #abandon(reason: string): void {
    const run = this.#run;
    if (run === undefined) return;
    const lost = run.sent - run.received;
    run.sink.errors.add(`${reason}; ${lost} requests without an answer`, Math.max(1, lost));
    this.#finish(run);
  }
}

class Run {
  readonly workload: Workload;
  readonly limits: LoadLimits;
  readonly sink: Sink;
  readonly resolve: (operations: number) => void;
  /** Calls that may have left since the oldest without an answer. */
  readonly span: number;
  readonly sentAtMs: Float64Array;
  readonly states: Uint8Array;
  firstStreamId = 0;
  sent = 0;
  received = 0;
  /** The oldest operation without an answer. */
  oldest = 0;

  constructor(
    workload: Workload,
    limits: LoadLimits,
    sink: Sink,
    resolve: (operations: number) => void,
  ) {
    this.workload = workload;
    this.limits = limits;
    this.sink = sink;
    this.resolve = resolve;
    this.span = limits.inFlight * SPAN_FACTOR;
    this.sentAtMs = new Float64Array(this.span);
    this.states = new Uint8Array(this.span);
  }

  /** Whether no more requests are to leave. */
  get isOver(): boolean {
    const { endAtMs, operationsMax } = this.limits;
    return this.sent >= operationsMax || performance.now() >= endAtMs;
  }

  /** Undefined for a call of an earlier run. */
  operationOf(streamId: number): number | undefined {
    const operation = (streamId - this.firstStreamId) / 2;
    return operation >= this.oldest && operation < this.sent ? operation : undefined;
  }
}
