/**
 * What a user of the client ships: it must build for any platform, and be small.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const client = join(dirname(fileURLToPath(import.meta.url)), "../../../src/client/index.ts");

/** A lock and the client are to be 15 KB together. */
const GZIPPED_BYTES_MAX = 13_000;

/** What is loaded at once, without the TCP transport. */
async function bundle(platform: "browser" | "neutral" | "node"): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: `export { connect } from ${JSON.stringify(client)}`, resolveDir: "/" },
    outdir: "/nowhere",
    bundle: true,
    splitting: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    platform,
    logLevel: "silent",
  });
  const entry = outputFiles.find(({ path }) => path.endsWith("/stdin.js"));
  if (entry === undefined) throw new Error("no output");
  return entry.contents;
}

describe("a bundle of the client", () => {
  it.each(["browser", "neutral", "node"] as const)("is made for %s", async (platform) => {
    const text = new TextDecoder().decode(await bundle(platform));
    expect(text).not.toContain("node:");
    expect(text).not.toContain("destroySoon");
  });

  it("is small", async () => {
    expect(gzipSync(await bundle("browser"), { level: 9 }).length).toBeLessThan(GZIPPED_BYTES_MAX);
  });
});
