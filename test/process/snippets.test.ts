/**
 * What the README and the pages for users show in TypeScript compiles, against the sources that the package is made of.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { node, root } from "../support/edgekeeper-server.ts";

const run = promisify(execFile);

const recipes = readdirSync(join(root, "docs", "recipes")).map((name) => `docs/recipes/${name}`);
const pages = ["README.md", "docs/client.md", ...recipes];

/** What a snippet may use without saying where it is from. */
const GIVEN = `
  import type { Session, ZooKeeper } from "edgekeeper";
  declare const given: { zk: ZooKeeper; session: Session; signal: AbortSignal; token: string };
  const { zk, session, signal, token } = given;
  export const used = [zk, session, signal, token];`;

let parent: string;

beforeAll(() => {
  // Inside the checkout, where the types of Node are found.
  parent = mkdtempSync(join(root, "node_modules", ".snippets-"));
});

afterAll(() => rmSync(parent, { recursive: true }));

/** Its imports stay at the top; the rest goes into a scope of its own, where it may use the same names again. */
function toModule(snippet: string): string {
  const imports = snippet.match(/^import [^;]*;$/gm) ?? [];
  const body = imports.reduce((text, line) => text.replace(line, ""), snippet);
  return `${GIVEN}\n${imports.join("\n")}\nexport async function snippet(): Promise<void> {\n${body}\n}\n`;
}

function source(file: string): string[] {
  return [join(root, "src", file)];
}

interface Project {
  readonly types: readonly string[];
  readonly paths: Readonly<Record<string, readonly string[]>>;
  /** Declarations that the sources need. */
  readonly files?: readonly string[];
}

const anywhere: Project = {
  types: ["node"],
  paths: {
    edgekeeper: source("client/index.ts"),
    "edgekeeper/recipes": source("recipes/index.ts"),
    "edgekeeper/testing": source("testing/index.ts"),
  },
};

const inWorker: Project = {
  types: ["@cloudflare/workers-types"],
  paths: { "edgekeeper/worker": source("worker/embedded.ts") },
  files: [...source("worker-node.d.ts"), ...source("client/runtime-node.d.ts")],
};

/** What the compiler says. */
async function compile(modules: readonly string[], project: Project): Promise<string> {
  const folder = mkdtempSync(join(parent, "project-"));
  modules.forEach((module, index) => {
    writeFileSync(join(folder, `${index}.ts`), module);
  });
  const { types, paths, files = [] } = project;
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: { types, paths, noUnusedLocals: false, noUnusedParameters: false },
      include: ["*.ts", ...files],
    }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  try {
    await run(node, [tsc, "-p", folder]);
    return "";
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error);
  }
}

function snippetsOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return Array.from(text.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => `// ${page}\n${code}`);
}

/** Whether a snippet is a Worker of its own. */
function isWorker(snippet: string): boolean {
  return snippet.includes('"edgekeeper/worker"');
}

it("the snippets of all pages", async () => {
  const snippets = pages.flatMap(snippetsOf).filter((snippet) => !isWorker(snippet));
  expect(snippets.length).toBeGreaterThan(1);
  expect(await compile(snippets.map(toModule), anywhere)).toBe("");
});

it("a snippet that does not compile is found", async () => {
  const wrong = toModule('await zk.create("/a", "b", { moed: "ephemeral" });');
  expect(await compile([wrong], anywhere)).toContain("moed");
});

it("the Workers of the pages", async () => {
  const workers = ["README.md", "docs/edge-functions.md"].flatMap(snippetsOf).filter(isWorker);
  expect(workers.length).toBeGreaterThan(2);
  expect(await compile(workers, inWorker)).toBe("");
  const wrong = workers.map((worker) => worker.replace("ttlMs", "tltMs"));
  expect(await compile(wrong, inWorker)).toContain("tltMs");
});
