/** What an answer may be: of an operation, and of a request that is or is not as documented. */
import type { Operation } from "./document.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** How a request is: as documented; with a fault that must not get through; or anybody's guess. */
export type Kind = "valid" | "invalid" | "wild";

/**
 * Parameters whose validity depends on others, which a schema does not say: a valid one may be refused for being where it is, or missing.
 */
const DEPENDENT: ReadonlySet<string> = new Set([
  "permits",
  "edgekeeper-session",
  "ttlMs",
  "edgekeeper-lock",
  "wait",
  "if-match",
]);

/** What is wrong with an answer; nothing when nothing is. */
export function faultsOf(operation: Operation, kind: Kind, answer: Answer): string[] {
  const { status } = answer;
  if (status >= 500 && status !== 507) return [`status ${status}`];
  const contents = operation.responses.get(status);
  if (contents === undefined) return [`undocumented status ${status}`];
  const faults: string[] = [];
  if (kind === "invalid" && status < 400) faults.push(`status ${status} for an invalid request`);
  if (kind === "valid" && isRefusedAsMalformed(answer)) {
    faults.push(`a valid request is refused: ${textOf(answer)}`);
  }
  return [...faults, ...contentFaults(operation, contents, answer)];
}

function contentFaults(
  operation: Operation,
  contents: ReadonlyMap<string, ((value: unknown) => unknown) | undefined>,
  answer: Answer,
): string[] {
  const { headers, body } = answer;
  if (operation.method === "HEAD" || contents.size === 0) {
    return body.length === 0 ? [] : [`a body of ${body.length} bytes, and none is documented`];
  }
  const type = headers["content-type"]?.replace(/;.*/s, "").trim() ?? "";
  if (!contents.has(type)) return [`undocumented content type ${JSON.stringify(type)}`];
  const validate = contents.get(type);
  if (validate === undefined) return [];
  try {
    const values = type === "text/event-stream" ? eventsIn(textOf(answer)) : [jsonIn(answer)];
    return values.flatMap((value) =>
      validate(value) === true ? [] : [`not as its schema says: ${JSON.stringify(value)}`],
    );
  } catch (error) {
    return [`${String(error)}: ${textOf(answer)}`];
  }
}

function isRefusedAsMalformed(answer: Answer): boolean {
  if (answer.status !== 400) return false;
  const { errors = [] } = jsonIn(answer) as { errors?: readonly { readonly name: string }[] };
  return errors.some(({ name }) => !DEPENDENT.has(name));
}

/** Data of the events of a stream, as far as it came. */
function eventsIn(text: string): unknown[] {
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => JSON.parse(data) as unknown);
}

export function jsonIn(answer: Answer): unknown {
  return JSON.parse(textOf(answer)) as unknown;
}

function textOf({ body }: Answer): string {
  return new TextDecoder().decode(body);
}
