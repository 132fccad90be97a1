/** Bundles the Worker into one module, as `wrangler deploy` would. */
import { build, stop } from "esbuild";
import { UserError } from "../command.ts";

export async function bundleWorker(root: string, main: string, outfile: string): Promise<void> {
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [main],
      outfile,
      bundle: true,
      format: "esm",
      target: "es2024",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["browser", "module", "main"],
      external: ["cloudflare:*", "node:*"],
      logLevel: "silent",
    });
  } catch (error) {
    throw new UserError(`cannot bundle ${main}: ${firstError(error)}`);
  } finally {
    await stop(); // esbuild's own process would idle along with the server otherwise.
  }
}

interface BuildMessage {
  readonly text: string;
  readonly location: { readonly file: string; readonly line: number } | null;
}

function firstError(error: unknown): string {
  if (error instanceof Error && "errors" in error && Array.isArray(error.errors)) {
    const [first] = error.errors as readonly BuildMessage[];
    if (first) {
      return first.location
        ? `${first.location.file}:${first.location.line}: ${first.text}`
        : first.text;
    }
  }
  return String(error);
}
