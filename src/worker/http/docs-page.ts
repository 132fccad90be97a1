/** The document as a page: one file without scripts, and nothing from anywhere else. */
import type {
  ErrorEntry,
  JSONSchema,
  OpenAPIDocument,
  OperationObject,
  ResponseObject,
} from "./openapi.ts";
import { STYLE } from "./docs-style.ts";

export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

let made: Promise<Page> | undefined;

export function docsPage(document: OpenAPIDocument): Promise<Page> {
  made ??= make(document);
  return made;
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

async function make(document: OpenAPIDocument): Promise<Page> {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const byTag = Map.groupBy(entries, ({ operation }) => operation.tags[0] ?? "");
  const { title, version, description } = document.info;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)} HTTP API</title>
<style>${STYLE}</style>
</head>
<body>
<nav>
<strong>${text(title)} ${text(version)}</strong>
${[...byTag].map(([tag, of]) => navigation(tag, of)).join("\n")}
<h2>More</h2>
<a href="#errors">Errors</a>
<a href="#schemas">Schemas</a>
<a href="/openapi.json">openapi.json</a>
</nav>
<main>
<h1>${text(title)} HTTP API</h1>
<p>${prose(description)}</p>
${[...byTag].map(([tag, of]) => section(tag, of, document)).join("\n")}
<h2 id="errors">Errors</h2>
<p>Failures are problem details (RFC 9457), of type <code>application/problem+json</code>. Those with a code come from the tree; 412 stands for a <code>BadVersion</code> or a <code>NodeExists</code> that a precondition asked for.</p>
${errorTable(document["x-errors"])}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(schemaSection).join("\n")}
</main>
</body>
</html>
`;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
  const contentSecurityPolicy = `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, contentSecurityPolicy };
}

function navigation(tag: string, entries: readonly Entry[]): string {
  const links = entries.map(
    ({ method, operation }) =>
      `<a href="#${attribute(operation.operationId)}">${badge(method)} ${text(operation.summary)}</a>`,
  );
  return `<h2>${text(tag)}</h2>\n${links.join("\n")}`;
}

function section(tag: string, entries: readonly Entry[], document: OpenAPIDocument): string {
  return `<h2>${text(tag)}</h2>\n${entries.map((entry) => article(entry, document)).join("\n")}`;
}

function article({ method, path, operation }: Entry, document: OpenAPIDocument): string {
  const { operationId, summary, description, parameters = [], requestBody } = operation;
  const rows = parameters.map(({ name, in: where, required, description: about, schema }) => [
    `<code>${text(name)}</code>${required ? " <em>required</em>" : ""}`,
    text(where),
    type(schema),
    prose(about ?? ""),
  ]);
  const body = Object.entries(requestBody?.content ?? {}).map(
    ([contentType, { schema }]) =>
      `<p>Body: <code>${text(contentType)}</code> ${schema ? type(schema) : prose(requestBody?.description ?? "")}</p>`,
  );
  const answers = Object.entries(operation.responses).map(([status, response]) =>
    responseRow(status, "$ref" in response ? resolve(response.$ref, document) : response),
  );
  return `<article id="${attribute(operationId)}">
<h3>${badge(method)} <code>${text(path)}</code></h3>
<p><strong>${text(summary)}.</strong> ${prose(description ?? "")}</p>
${rows.length > 0 ? table(["Parameter", "In", "Type", ""], rows) : ""}
${body.join("\n")}
<details><summary>Answers</summary>${table(["Status", "", "Body"], answers)}</details>
</article>`;
}

function responseRow(status: string, response: ResponseObject | undefined): string[] {
  const bodies = Object.entries(response?.content ?? {}).map(
    ([contentType, { schema }]) =>
      `<code>${text(contentType)}</code> ${schema ? type(schema) : ""}`,
  );
  const headers = Object.entries(response?.headers ?? {}).map(
    ([name, { description }]) => `<br><code>${text(name)}</code>: ${prose(description)}`,
  );
  return [
    text(status),
    `${prose(response?.description ?? "")}${headers.join("")}`,
    bodies.join("<br>"),
  ];
}

function resolve(reference: string, document: OpenAPIDocument): ResponseObject | undefined {
  return document.components.responses[reference.slice(reference.lastIndexOf("/") + 1)];
}

function errorTable(errors: readonly ErrorEntry[]): string {
  const rows = errors.map(({ name, code, status }) => [
    `<code id="${attribute(name)}">${text(name)}</code>`,
    code === undefined ? "" : String(code),
    String(status),
  ]);
  return table(["Name", "Code", "Status"], rows);
}

function schemaSection([name, schema]: readonly [string, JSONSchema]): string {
  const variants = (schema.oneOf ?? schema.anyOf) as readonly JSONSchema[] | undefined;
  const tables = (variants ?? [schema]).map(propertyTable).join("\n");
  const about = typeof schema.description === "string" ? prose(schema.description) : "";
  return `<article id="schema-${attribute(name)}"><h3>${text(name)}</h3><p>${about}</p>${tables}</article>`;
}

function propertyTable(schema: JSONSchema): string {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, JSONSchema>>;
  const required = new Set((schema.required ?? []) as readonly string[]);
  const rows = Object.entries(properties).map(([name, property]) => [
    `<code>${text(name)}</code>${required.has(name) ? "" : " <em>optional</em>"}`,
    type(property),
    prose(typeof property.description === "string" ? property.description : ""),
  ]);
  return table(["Field", "Type", ""], rows);
}

/** A schema in a few words. */
function type(schema: JSONSchema): string {
  if (typeof schema.$ref === "string") {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1);
    return `<a href="#schema-${attribute(name)}">${text(name)}</a>`;
  }
  if (Array.isArray(schema.enum)) return schema.enum.map(literal).join(" | ");
  if (schema.const !== undefined) return literal(schema.const);
  const variants = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(variants)) return variants.map((one: JSONSchema) => type(one)).join(" | ");
  if (schema.type === "array") return `${type((schema.items ?? {}) as JSONSchema)}[]`;
  return `${typeof schema.type === "string" ? text(schema.type) : "any"}${range(schema)}`;
}

function literal(value: unknown): string {
  return `<code>${text(JSON.stringify(value))}</code>`;
}

function range({ minimum, maximum, maxLength }: JSONSchema): string {
  const low = isLimit(minimum) ? String(minimum) : "";
  const high = isLimit(maximum) ? String(maximum) : "";
  if (low !== "" || high !== "") return ` <small>${low}…${high}</small>`;
  return isLimit(maxLength) ? ` <small>up to ${maxLength}</small>` : "";
}

/** The largest integers are what every number is below. */
function isLimit(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) < Number.MAX_SAFE_INTEGER;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const body = rows.map((row) => tableRow(row, "td")).join("\n");
  return `<div class="table"><table><thead>${tableRow(head, "th")}</thead><tbody>${body}</tbody></table></div>`;
}

function tableRow(cells: readonly string[], cell: string): string {
  return `<tr>${cells.map((content) => `<${cell}>${content}</${cell}>`).join("")}</tr>`;
}

function badge(method: string): string {
  return `<b class="${attribute(method)}">${text(method.toUpperCase())}</b>`;
}

/** A description: what stands in backticks is code. */
function prose(description: string): string {
  return text(description).replace(/`([^`]+)`/g, "<code>$1</code>");
}

function attribute(value: string): string {
  return text(value).replace(/\s/g, "-");
}

function text(value: string): string {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
