/** The thread behind a {@link Probe}. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { workerData } from "node:worker_threads";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { LatencyHistogram } from "../../latency-histogram.ts";
import { answerWith } from "../asked-thread.ts";
import { openTcpSession } from "../sessions.ts";
import type { ProbeData, ProbeResult } from "./probe.ts";

const RESOLUTION_MS = 5;

const { address, path } = workerData as ProbeData;
const ownDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
const session = await openTcpSession(address);
let latencies = new LatencyHistogram();
let requests = 0;
let maxMs = 0;
let sentMs = 0;
let failure: string | undefined;

function ask(): void {
  sentMs = performance.now();
  session.send(
    { type: OpCode.getData, path, watch: false },
    ({ err }) => {
      const latencyMs = performance.now() - sentMs;
      latencies.record(latencyMs);
      requests += 1;
      maxMs = Math.max(maxMs, latencyMs);
      if (err === 0) ask();
      else failure = `the probe was answered with error ${err}`;
    },
    (error) => (failure = error.message),
  );
}

function take(): ProbeResult {
  const result = {
    requests,
    p50Ms: latencies.percentileMs(0.5),
    p99Ms: latencies.percentileMs(0.99),
    // What is under way counts with what it has waited so far.
    maxMs: Math.max(maxMs, failure === undefined ? performance.now() - sentMs : 0),
    ownMaxMs: Math.max(0, ownDelay.max / 1e6 - RESOLUTION_MS),
    failure,
  };
  latencies = new LatencyHistogram();
  requests = 0;
  maxMs = 0;
  ownDelay.reset();
  return result;
}

ask();
ownDelay.enable();
answerWith(take);
