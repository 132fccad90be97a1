/**
 * Many requests over some sessions, a number of them in flight on each.
 */
import type { JuteReader } from "../../src/protocol/jute-reader.ts";
import type { ReplyHeader } from "../../src/protocol/records.ts";
import type { Request } from "../../src/protocol/requests.ts";
import type { ErrorLog } from "../error-log.ts";
import type { LatencyHistogram } from "../latency-histogram.ts";
import type { ClientSession } from "../client-session.ts";

/** What one session asks for, and what the answers must be. */
export interface Job {
  /** The request with this number (0, 1, 2…); undefined when there are no more. */
  request(index: number): Request | undefined;
  /** Undefined when the reply is right; otherwise what is wrong with it. */
  check(index: number, header: ReplyHeader, body: JuteReader): string | undefined;
}

export interface PipelineOptions {
  readonly inFlight: number;
  readonly errors: ErrorLog;
  readonly latencies?: LatencyHistogram;
  /** No request leaves after this moment of `performance.now()`. */
  readonly endAtMs?: number;
}

/** Runs each session's job to its end; resolves with the number of replies. It never rejects: errors are counted. */
export async function runJobs(
  sessions: readonly ClientSession[],
  jobs: readonly Job[],
  options: PipelineOptions,
): Promise<number> {
  const counts = sessions.map((session, index) => runJob(session, jobs[index] as Job, options));
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

function runJob(session: ClientSession, job: Job, options: PipelineOptions): Promise<number> {
  const { inFlight, errors, latencies, endAtMs = Infinity } = options;
  return new Promise((resolve) => {
    let next = 0;
    let done = 0;
    let isOver = false;
    const finish = (): void => {
      if (isOver && session.inFlight === 0) resolve(done);
    };
    const sendNext = (): void => {
      const request = isOver || performance.now() >= endAtMs ? undefined : job.request(next);
      if (request === undefined) {
        isOver = true;
        return;
      }
      const index = next++;
      const sentMs = performance.now();
      session.send(
        request,
        (header, body) => {
          latencies?.record(performance.now() - sentMs);
          done += 1;
          const wrong = job.check(index, header, body);
          if (wrong !== undefined) errors.add(wrong);
          sendNext();
          finish();
        },
        (error) => {
          errors.add(error.message);
          isOver = true;
          finish();
        },
      );
    };
    for (let i = 0; i < inFlight; i++) sendNext();
    finish();
  });
}
