/**
 * A short run of `npm run fuzz -- --http`, and bugs put into its answers on purpose: each is noticed.
 *
 * `FUZZ_SEED=n` repeats a run.
 */
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Answer } from "../fuzz/http/checks.ts";
import { fuzzHTTP, type Report } from "../fuzz/http/run.ts";
import { type EdgekeeperServer, startEdgekeeper } from "../support/edgekeeper-server.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_128);

let server: EdgekeeperServer;

beforeAll(async () => {
  server = await startEdgekeeper();
});

afterAll(async () => server.stop());

async function documentOf(): Promise<Record<string, unknown>> {
  const response = await fetch(`http://${server.host}:${server.httpPort}/openapi.json`);
  return (await response.json()) as Record<string, unknown>;
}

it("describes itself in a valid document of OpenAPI 3.1", async () => {
  const document = await documentOf();
  const { valid, errors } = await new Validator().validate(document);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
  expect(document["openapi"]).toMatch(/^3\.1\./);
});

it("answers as documented, whatever it is asked", async () => {
  const report = await fuzz(1_200);
  expect(report.findings).toEqual([]);
  expect(report.unreached).toEqual([]);
});

const PROBLEM = "application/problem+json";

/** Of a field that is as it should be. */
const REFUSAL = JSON.stringify({
  type: "/docs#invalidCall",
  title: "Bad Request",
  status: 400,
  detail: "no",
  name: "invalidCall",
  errors: [{ in: "body", name: "holder", message: "no" }],
});

/** Bugs put into answers, one into each operation: what it is, what it does, and what is to be said of it. */
const BUGS: Readonly<Record<string, [string, (answer: Answer) => Answer, RegExp]>> = {
  getData: ["a status", (a) => ({ ...a, status: 500 }), /^status 500$/],
  put: ["an undocumented status", (a) => ({ ...a, status: 202 }), /^undocumented status 202$/],
  getACL: ["that of a failure", (a) => ({ ...a, status: 418 }), /^undocumented status 418$/],
  countChildren: ["a field's type", withField("count", "1"), /^not as its schema/],
  inspectLock: ["a missing field", withField("waiters", undefined), /^not as its schema/],
  openSession: ["a field too many", withField("secret", 1), /^not as its schema/],
  getChildren: ["a field inside another", withField("stat", { czxid: 1 }), /^not as its schema/],
  delete: ["a nameless problem", withField("name", undefined, 400), /^not as its schema/],
  transaction: ["a content type", (a) => withType(a, "text/html"), /^undocumented content type/],
  getCounter: ["what is no JSON", (a) => ({ ...a, body: a.body.slice(1) }), /SyntaxError/],
  closeSession: ["a body", withBody("x", 204), /^a body of 1 bytes/],
  releaseLock: [
    "an invalid request's success",
    answeredInstead(400, 204, ""),
    /an invalid request$/,
  ],
  acquireLock: ["a refusal", answeredInstead(200, 400, REFUSAL), /^a valid request is refused/],
  watch: ["an event's field", withText("exists", "exits"), /^not as its schema/],
};

describe("a bug in", () => {
  let report: Report;

  beforeAll(async () => {
    report = await fuzz(1_000, (id, answer) => BUGS[id]?.[1](answer) ?? answer);
  });

  it.each(Object.entries(BUGS).map(([id, [bug, , what]]) => [bug, id, what] as const))(
    "%s of %s is noticed",
    (_, id, what) => {
      const said = report.findings.filter(({ operation }) => operation === id);
      expect(said.length).toBeGreaterThan(0);
      for (const finding of said) expect(finding.what).toMatch(what);
    },
  );

  it("one operation is not taken for one in another", () => {
    const operations = new Set(report.findings.map(({ operation }) => operation));
    expect([...operations].filter((id) => !Object.hasOwn(BUGS, id))).toEqual([]);
  });
});

function fuzz(
  requests: number,
  tamper?: (operation: string, answer: Answer) => Answer,
): Promise<Report> {
  return fuzzHTTP({ host: server.host, port: server.httpPort, requests, seed, tamper });
}

/** Changes one field of JSON answers that are a success, or of a status. */
function withField(name: string, value: unknown, status = 200): (answer: Answer) => Answer {
  return (answer) => {
    const isMeant = status < 300 ? answer.status < 300 : answer.status >= 400;
    if (!isMeant || answer.body.length === 0) return answer;
    const json = JSON.parse(new TextDecoder().decode(answer.body)) as Record<string, unknown>;
    return { ...answer, body: Buffer.from(JSON.stringify({ ...json, [name]: value })) };
  };
}

function withType(answer: Answer, type: string): Answer {
  return { ...answer, headers: { ...answer.headers, "content-type": type } };
}

function withBody(body: string, status: number): (answer: Answer) => Answer {
  return (answer) => (answer.status === status ? { ...answer, body: Buffer.from(body) } : answer);
}

function withText(from: string, to: string): (answer: Answer) => Answer {
  return (answer) => {
    const text = new TextDecoder().decode(answer.body).replaceAll(from, to);
    return answer.status === 200 ? { ...answer, body: Buffer.from(text) } : answer;
  };
}

/** Gives another status and body for one status. */
function answeredInstead(from: number, to: number, body: string): (answer: Answer) => Answer {
  return (answer) =>
    answer.status === from
      ? withType({ ...answer, status: to, body: Buffer.from(body) }, PROBLEM)
      : answer;
}
