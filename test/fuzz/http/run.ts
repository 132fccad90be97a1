/**
 * The HTTP API against its own document: every operation, with requests that are as documented and with such that are not. Whatever is sent, the
 * answer is one that the document has.
 */
import { Random } from "../../process/support/random.ts";
import { type Answer, faultsOf } from "./checks.ts";
import { APIDocument, type Operation, type Schema } from "./document.ts";
import { RequestGenerator } from "./generator.ts";
import { Pool } from "./pool.ts";
import { Sender } from "./sender.ts";

export interface RunOptions {
  readonly host: string;
  readonly port: number;
  readonly requests: number;
  readonly seed: number;
  /** Requests under way at a time; 1 unless it is given, so that a seed repeats them. */
  readonly concurrency?: number | undefined;
  readonly onProgress?: ((sent: number) => void) | undefined;
  /** What a test does to answers, to see whether it is noticed. */
  readonly tamper?: ((operation: string, answer: Answer) => Answer) | undefined;
}

export interface Finding {
  readonly operation: string;
  readonly fault: string;
  readonly request: string;
  readonly what: string;
}

export interface Report {
  /** How often each operation answered with each status. */
  readonly statuses: ReadonlyMap<string, ReadonlyMap<number, number>>;
  readonly findings: readonly Finding[];
  /** Operations that never succeeded. */
  readonly unreached: readonly string[];
}

/** Operations that no request and answer make: an upgrade. */
const SKIPPED: ReadonlySet<string> = new Set(["connect"]);

export async function fuzzHTTP(options: RunOptions): Promise<Report> {
  const { host, port, requests, seed, concurrency = 1, onProgress } = options;
  using sender = new Sender(host, port);
  const document = new APIDocument(await fetchDocument(host, port));
  const operations = document.operations.filter(({ id }) => !SKIPPED.has(id));
  const random = new Random(seed);
  const pool = new Pool(random);
  const generator = new RequestGenerator(document, pool, random);
  const statuses = new Map(operations.map(({ id }) => [id, new Map<number, number>()]));
  const findings: Finding[] = [];
  let sent = 0;

  const runOne = async (operation: Operation): Promise<void> => {
    const { kind, fault, path, request } = generator.generate(operation);
    const found = (what: string): void => {
      const text = `${request.method} ${request.target} ${JSON.stringify(request.headers)} ${bodyText(request.body)}`;
      findings.push({ operation: operation.id, fault: `${kind}: ${fault}`, request: text, what });
    };
    try {
      const received = await sender.send(request);
      const answer = options.tamper?.(operation.id, received) ?? received;
      const counts = statuses.get(operation.id);
      counts?.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
      for (const what of faultsOf(operation, kind, answer)) found(what);
      if (kind === "valid") pool.learn(path, answer);
    } catch (error) {
      found(`no answer: ${String(error)}`);
    }
  };
  const runSome = async (): Promise<void> => {
    while (sent < requests) {
      // In turn, so that each has its share.
      const operation = operations[sent % operations.length];
      sent += 1;
      if (sent % 500 === 0) onProgress?.(sent);
      if (operation !== undefined) await runOne(operation);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, runSome));
  const unreached = operations
    .map(({ id }) => id)
    .filter((id) => ![...(statuses.get(id)?.keys() ?? [])].some((status) => status < 300));
  return { statuses, findings, unreached };
}

async function fetchDocument(host: string, port: number): Promise<Schema> {
  const response = await fetch(`http://${host}:${port}/openapi.json`);
  return (await response.json()) as Schema;
}

function bodyText(body: Uint8Array | undefined): string {
  return JSON.stringify(new TextDecoder().decode(body?.subarray(0, 500) ?? new Uint8Array()));
}
