/**
 * The Worker, and another one that is bound to it, in one runtime.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, Response } from "miniflare";
import { guardAgainstOrphan } from "../../../scripts/server/orphan-guard.ts";
import { bundleWorker } from "../../../scripts/server/worker-bundle.ts";
import { findChild, root } from "../../support/edgekeeper-server.ts";

const COMPATIBILITY_DATE = "2026-10-30";

export interface WorkersOptions {
  /** The other Worker, from the repository's root. */
  readonly caller: string;
  /** Its own compatibility date. */
  readonly callerDate?: string;
  /** Variables of Edgekeeper's Worker. */
  readonly vars?: Readonly<Record<string, string | number>>;
  /** Answers what the other Worker asks of its binding TEST, in this process. */
  readonly onTest?: (body: string) => unknown;
}

export interface Workers extends AsyncDisposable {
  /** Where the other Worker answers. */
  readonly url: URL;
  /** Asks the other Worker. */
  fetch(path: string): Promise<globalThis.Response>;
}

export async function startWorkers({
  caller,
  callerDate = COMPATIBILITY_DATE,
  vars = {},
  onTest = () => undefined,
}: WorkersOptions): Promise<Workers> {
  const bundles = mkdtempSync(join(tmpdir(), "edgekeeper-workers-"));
  const scriptOf = async (main: string): Promise<string> => {
    const outfile = join(bundles, main.replaceAll("/", "-"));
    await bundleWorker(root, main, outfile);
    return readFileSync(outfile, "utf8");
  };
  const options = convertV4MiniflareOptions({
    workers: [
      {
        name: "caller",
        modules: true,
        script: await scriptOf(caller),
        compatibilityDate: callerDate,
        serviceBindings: {
          EDGEKEEPER: { name: "edgekeeper", entrypoint: "Edgekeeper" },
          HTTP: "edgekeeper",
          TEST: async (request) => Response.json(onTest(await request.text()) ?? null),
        },
      },
      {
        name: "edgekeeper",
        modules: true,
        script: await scriptOf("src/worker/index.ts"),
        compatibilityDate: COMPATIBILITY_DATE,
        compatibilityFlags: ["no_web_socket_compression"],
        bindings: vars,
        durableObjects: { SUBTREE: { className: "SubtreeObject", useSQLite: true } },
      },
    ],
  });
  rmSync(bundles, { recursive: true });
  const runtime = new Miniflare(options);
  const url = await runtime.ready;
  // A test runner may be killed before it gets to clean up.
  const pid = findChild(process.pid, "workerd serve");
  const guard = pid === undefined ? undefined : guardAgainstOrphan(pid);
  return {
    url,
    fetch: (path) => fetch(new URL(path, url)),
    [Symbol.asyncDispose]: async () => {
      await runtime.dispose();
      guard?.[Symbol.dispose]();
    },
  };
}
