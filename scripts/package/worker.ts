/**
 * `edgekeeper/worker` in dist/: one module with all that it needs, so that the package depends on nothing, the licences of
 * what is in it, and the types that its users can reach.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build, type Metafile, stop } from "esbuild";
import { UserError } from "../command.ts";

const ENTRY = "src/worker/embedded.ts";
const BUNDLE = "dist/worker/embedded.js";
const LICENSES = "dist/worker/LICENSES.txt";

export async function bundleEmbeddedWorker(root: string): Promise<void> {
  try {
    const { metafile } = await build({
      absWorkingDir: root,
      entryPoints: [ENTRY],
      outfile: BUNDLE,
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["browser", "module", "main"],
      external: ["cloudflare:*", "node:*"],
      metafile: true,
      logLevel: "silent",
    });
    writeFileSync(join(root, LICENSES), licensesOf(root, metafile));
  } finally {
    await stop();
  }
}

/** Names of the packages that are in a bundle. */
export function packagesOf(metafile: Metafile): readonly string[] {
  const names = Object.keys(metafile.inputs).flatMap(
    (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? [],
  );
  return [...new Set(names)].sort();
}

function licensesOf(root: string, metafile: Metafile): string {
  return packagesOf(metafile)
    .map((name) => {
      const folder = join(root, "node_modules", name);
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new UserError(`${name} comes without its licence`);
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      return `${name} ${version}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    })
    .join("\n\n");
}

/** Removes declarations that are of no module in dist/, and that no user of the Worker's types gets to. */
export function removeUnreachableTypes(dist: string): void {
  const reachable = reachableFrom(join(dist, "worker/embedded.d.ts"));
  for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
    const file = join(dist, name);
    if (!name.endsWith(".d.ts") || existsSync(file.replace(/\.d\.ts$/, ".js"))) continue;
    if (!reachable.has(file)) rmSync(file);
  }
}

function reachableFrom(entry: string): ReadonlySet<string> {
  const found = new Set([entry]);
  // A set that grows while it is walked.
  for (const file of found) {
    const text = readFileSync(file, "utf8");
    for (const [, name = ""] of text.matchAll(/(?:from |import\(|import )"(\.[^"]+)\.js"/g)) {
      found.add(join(dirname(file), `${name}.d.ts`));
    }
  }
  return found;
}
