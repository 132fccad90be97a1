/** What a user ships who connects and takes a lock: the package, minified and gzipped, without the TCP transport. */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** More is a bug. */
export const GZIPPED_BYTES_MAX = 15_000;

const CONTENTS = `
export { connect } from "edgekeeper";
export { Lock } from "edgekeeper/recipes";
`;

export interface BundleSize {
  readonly minifiedBytes: number;
  readonly gzippedBytes: number;
}

/** Bundles the package that resolves from a folder. */
export async function measureBundle(resolveDir: string): Promise<BundleSize> {
  const { outputFiles } = await build({
    stdin: { contents: CONTENTS, resolveDir },
    outdir: join(resolveDir, "nowhere"),
    bundle: true,
    splitting: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    platform: "browser",
    logLevel: "silent",
  });
  // What is imported later, or never, are files of their own.
  const entry = await loadedAtOnce(outputFiles);
  return { minifiedBytes: entry.length, gzippedBytes: gzipSync(entry, { level: 9 }).length };
}

async function loadedAtOnce(
  files: readonly { readonly path: string; readonly contents: Uint8Array }[],
): Promise<Uint8Array> {
  const entry = files.find(({ path }) => path.endsWith("stdin.js"));
  if (entry === undefined) throw new Error("esbuild wrote no entry");
  const text = new TextDecoder().decode(entry.contents);
  const isShared = files.some(({ path }) => text.includes(`from"./${path.split("/").at(-1)}"`));
  if (isShared) throw new Error("the entry is split: its size is not that of one file any more");
  return entry.contents;
}
