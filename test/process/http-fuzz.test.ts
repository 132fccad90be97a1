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

describe("a bug", () => {
  it.each<[string, string, (answer: Answer) => Answer, RegExp]>([
    ["a status", "getData", (a) => ({ ...a, status: 500 }), /^status 500$/],
    ["an undocumented status", "put", (a) => ({ ...a, status: 202 }), /^undocumented status 202$/],
    ["the status of a failure", "getACL", (a) => ({ ...a, status: 418 }), /^undocumented/],
    ["a field of the wrong type", "countChildren", withField("count", "1"), /^not as its schema/],
    ["a field that is missing", "inspectLock", withField("waiters", undefined), /^not as its/],
    ["a field too many", "openSession", withField("secret", 1), /^not as its schema/],
    ["a field inside another", "getChildren", withField("stat", { czxid: 1 }), /^not as its/],
    ["a problem without a name", "delete", withField("name", undefined, 400), /^not as its/],
    ["a content type", "transaction", (a) => withType(a, "text/html"), /^undocumented content/],
    ["what is no JSON", "getACL", (a) => ({ ...a, body: a.body.slice(1) }), /^SyntaxError/],
    [
      "a body",
      "closeSession",
      (a) => ({ ...a, body: Buffer.from("x") }),
      /^a body of 1 bytes|^Syn/,
    ],
  ])("in %s of %s is noticed", async (_, operation, tamper, what) => {
    const { findings } = await fuzz(400, (id, answer) =>
      id === operation ? tamper(answer) : answer,
    );
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) {
      expect(finding.operation).toBe(operation);
      expect(finding.what).toMatch(what);
    }
  });

  it("that lets an invalid request through is noticed", async () => {
    const { findings } = await fuzz(400, (id, answer) =>
      id === "releaseLock" && answer.status === 400
        ? { status: 204, headers: {}, body: new Uint8Array() }
        : answer,
    );
    expect(findings.map(({ what }) => what)).toContain("status 204 for an invalid request");
  });

  it("that refuses a valid request is noticed", async () => {
    const body = {
      type: "/docs#invalidCall",
      title: "Bad Request",
      status: 400,
      detail: "no",
      name: "invalidCall",
      errors: [{ in: "body", name: "holder", message: "no" }],
    };
    const { findings } = await fuzz(400, (id, answer) =>
      id === "acquireLock" && answer.status === 200
        ? withType({ ...answer, status: 400, body: Buffer.from(JSON.stringify(body)) }, PROBLEM)
        : answer,
    );
    expect(findings[0]?.what).toMatch(/^a valid request is refused/);
  });
});

const PROBLEM = "application/problem+json";

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
