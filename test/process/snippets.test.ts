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

let folder: string;

beforeAll(() => {
  // Inside the checkout, where the types of Node are found.
  folder = mkdtempSync(join(root, "node_modules", ".snippets-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Its imports stay at the top; the rest goes into a scope of its own, where it may use the same names again. */
function toModule(snippet: string): string {
  const imports = snippet.match(/^import [^;]*;$/gm) ?? [];
  const body = imports.reduce((text, line) => text.replace(line, ""), snippet);
  return `${GIVEN}\n${imports.join("\n")}\nexport async function snippet(): Promise<void> {\n${body}\n}\n`;
}

function source(file: string): string[] {
  return [join(root, "src", file)];
}

async function compile(snippets: readonly string[]): Promise<string> {
  snippets.forEach((snippet, index) => {
    writeFileSync(join(folder, `${index}.ts`), toModule(snippet));
  });
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        types: ["node"],
        noUnusedLocals: false,
        noUnusedParameters: false,
        paths: {
          edgekeeper: source("client/index.ts"),
          "edgekeeper/recipes": source("recipes/index.ts"),
          "edgekeeper/testing": source("testing/index.ts"),
        },
      },
      include: ["*.ts"],
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

it("the snippets of all pages", async () => {
  const snippets = pages.flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return Array.from(text.matchAll(/^```ts\n(.*?)^```/gms), ([, code]) => `// ${page}\n${code}`);
  });
  expect(snippets.length).toBeGreaterThan(1);
  expect(await compile(snippets)).toBe("");
});

it("a snippet that does not compile is found", async () => {
  expect(await compile(['await zk.create("/a", "b", { moed: "ephemeral" });'])).toContain("moed");
});
