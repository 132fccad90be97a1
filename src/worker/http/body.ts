/** Bodies of requests, within their limits of size and time. */
import * as z from "zod/mini";
import { FRAME_BYTES_MAX } from "../../protocol/limits.ts";
import type { BodySpec } from "./operation.ts";
import { fieldErrors } from "./parameters.ts";
import { invalid, problem, type ProblemError } from "./problem.ts";

/** Data of a znode. A frame holds its path beside it, so the object may refuse a little less. */
export const DATA_BYTES_MAX = FRAME_BYTES_MAX;

/** Data in Base64, and something around it. */
export const JSON_BYTES_MAX = Math.ceil((FRAME_BYTES_MAX * 4) / 3) + 64 * 1024;

/** A body takes no longer than this: whoever sends slower would hold a request open for nothing. */
const BODY_MS_MAX = 30_000;

/**
 * @throws ProblemError 400, 408, 413 or 415.
 */
export async function readBody(request: Request, spec: BodySpec): Promise<unknown> {
  if (spec.kind === "bytes") return readBytes(request, DATA_BYTES_MAX);
  const bytes = await readBytes(request, JSON_BYTES_MAX);
  const isLeftOut = bytes.length === 0 && spec.optional === true;
  const isJSON = /^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "");
  // A page of another origin can send other types without asking first.
  if (!isJSON && !isLeftOut) {
    const detail = "the body must be JSON, with `Content-Type: application/json`";
    throw problem("unsupportedMediaType", detail);
  }
  const read = z.safeParse(spec.schema, isLeftOut ? {} : parse(bytes));
  if (!read.success) throw invalid(...fieldErrors("body", read.error.issues));
  return read.data;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes));
  } catch {
    throw invalid({ in: "body", name: "", message: "not JSON in UTF-8" });
  }
}

async function readBytes(request: Request, bytesMax: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) throw tooLarge(bytesMax);
  if (request.body === null) return new Uint8Array();
  const reader = request.body.getReader();
  let timer: number | null = null;
  const late = new Promise<never>((_, reject) => {
    const detail = `the body took longer than ${BODY_MS_MAX / 1_000} s`;
    timer = setTimeout(() => reject(problem("requestTimeout", detail)), BODY_MS_MAX);
  });
  try {
    return await Promise.race([collect(reader, bytesMax), late]);
  } catch (error) {
    // Nobody waits for the rest, nor for what becomes of it.
    reader.cancel().catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  bytesMax: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > bytesMax) throw tooLarge(bytesMax);
    chunks.push(value);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function tooLarge(bytesMax: number): ProblemError {
  const detail = `the body is larger than ${bytesMax} bytes`;
  return problem("contentTooLarge", detail);
}
