/**
 * Somewhere that the cases run in, and what all of them have: a way to the server that can fail.
 */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type BuildOptions } from "esbuild";
import type { FaultyProxy } from "../../support/faulty-proxy.ts";
import type { NetworkFailure } from "../suite/contract-case.ts";

export interface ContractRuntime extends AsyncDisposable {
  /** Undefined when the case passed; otherwise what went wrong. */
  readonly run: (name: string) => Promise<string | undefined>;
}

/** Ends all connections and lets new ones pass, or lets nothing pass any more. */
export function failAt(proxy: FaultyProxy, failure: NetworkFailure): void {
  proxy.mode = failure === "silence" ? "silence" : "pass";
  if (failure === "cut") proxy.cut();
}

/** One of the files of test/contract with all that it imports, for a runtime without files. */
export async function bundle(file: string, options: BuildOptions): Promise<string> {
  const { outputFiles = [] } = await build({
    entryPoints: [join(dirname(dirname(fileURLToPath(import.meta.url))), file)],
    bundle: true,
    write: false,
    target: "es2022",
    ...options,
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`esbuild wrote nothing for ${file}`);
  return output.text;
}
