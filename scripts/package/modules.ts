/** Makes dist/ out of src/: what is published, module by module, so that bundlers take only what is used. */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../command.ts";
import { bundleEmbeddedWorker, removeUnreachableTypes } from "./worker.ts";

const run = promisify(execFile);

/** In declarations the compiler leaves the extensions of the sources. */
const SOURCE_IMPORT = /((?:from |import\(|import )"\.{1,2}\/[^"]+)\.ts"/g;

/** So that `await using` has its types also where a project's settings do not name them. */
const ENTRIES = ["client/index.d.ts", "recipes/index.d.ts", "testing/index.d.ts"];
const PROJECTS = ["tsconfig.build.json", "tsconfig.build.worker.json"];
const LIBRARY = '/// <reference lib="esnext.disposable" />\n';

/** @throws UserError with the compiler's words when the sources have errors. */
export async function buildModules(root: string): Promise<void> {
  const dist = join(root, "dist");
  rmSync(dist, { recursive: true, force: true });
  try {
    for (const project of PROJECTS) {
      await run(join(root, "node_modules/.bin/tsc"), ["-p", project], { cwd: root });
    }
  } catch (error) {
    const { stdout } = error as { readonly stdout?: string };
    throw new UserError(`cannot compile: ${stdout ?? String(error)}`);
  }
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    const file = join(dist, name);
    const text = readFileSync(file, "utf8").replace(SOURCE_IMPORT, '$1.js"');
    writeFileSync(file, ENTRIES.includes(name) ? LIBRARY + text : text);
  }
  removeUnreachableTypes(dist);
  await bundleEmbeddedWorker(root);
}
