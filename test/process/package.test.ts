/**
 * The package as its users get it: what is in it, whether its types are found from Node, bundlers and Workers, and whether it
 * runs.
 */
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { GZIPPED_BYTES_MAX, measureBundle } from "../../scripts/package/bundle-size.ts";
import { node, root } from "../support/edgekeeper-server.ts";

const run = promisify(execFile);

const WORKER_BUNDLE = "dist/worker/embedded.js";

const CONSUMER = `
import { connect, NoNodeError, type Stat, type ZooKeeper } from "edgekeeper";
import { type Held, Lock } from "edgekeeper/recipes";
import { ManualClock, TestServer } from "edgekeeper/testing";

const server = new TestServer({ clock: new ManualClock() });
const zk: ZooKeeper = await server.connect({ auth: [{ scheme: "digest", auth: "a:b" }] });
const held: Held = await new Lock(zk, "/locks/a").acquire();
const stat: Stat | undefined = await zk.exists(held.path);
const missing = await zk.getData("/b").catch((error: unknown) => error instanceof NoNodeError);
const token: number = held.token;
// @ts-expect-error: were the types not found, this would be any
const wrong: string = held.token;
void wrong;
await held.release();
await server.close();
if (stat?.czxid !== token || missing !== true || typeof connect !== "function") {
  throw new Error("it does not work");
}
`;

/** A Worker that has Edgekeeper inside, and calls another through a service binding. */
const WORKER_CONSUMER = `
import {
  Edgekeeper,
  type EdgekeeperEnv,
  handleEdgekeeper,
  type LockDetails,
  SubtreeObject,
} from "edgekeeper/worker";

export { Edgekeeper, SubtreeObject };

interface Env extends EdgekeeperEnv {
  readonly EDGEKEEPER: Service<Edgekeeper>;
}

export default {
  async fetch(request, env, ctx): Promise<Response> {
    if (request.url.includes("/zk/")) return handleEdgekeeper(request, env, ctx, { prefix: "/zk" });
    using lock = await env.EDGEKEEPER.namespace("app").lock("/a", { ttlMs: 1_000, mode: "shared" });
    const { token }: LockDetails = await lock.details();
    // @ts-expect-error: were the types not found, this would be any
    const wrong: string = token;
    const { data, stat } = await env.EDGEKEEPER.namespace("app").getData("/b");
    return Response.json({ wrong, bytes: data?.length, version: stat.version });
  },
} satisfies ExportedHandler<Env>;
`;

interface Consumer {
  readonly module: string;
  readonly moduleResolution: string;
  readonly types: readonly string[];
  readonly lib: readonly string[];
  readonly file?: string;
}

/** How projects look that use the package. */
const CONSUMERS: Readonly<Record<string, Consumer>> = {
  "Node, node16": {
    module: "node16",
    moduleResolution: "node16",
    types: ["node"],
    lib: ["es2022"],
  },
  "Node, nodenext": {
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
    lib: ["es2024"],
  },
  "a bundler for browsers": {
    module: "esnext",
    moduleResolution: "bundler",
    types: [],
    lib: ["es2022", "dom"],
  },
  Workers: {
    module: "esnext",
    moduleResolution: "bundler",
    types: ["@cloudflare/workers-types"],
    lib: ["es2024"],
  },
  "a Worker with Edgekeeper inside": {
    module: "esnext",
    moduleResolution: "bundler",
    types: ["@cloudflare/workers-types"],
    lib: ["es2024", "esnext.disposable"],
    file: "worker-consumer.ts",
  },
};

let folder: string;
let installed: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgekeeper-package-"));
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
  const [archive = ""] = readdirSync(folder);
  const modules = join(folder, "node_modules");
  installed = join(modules, "edgekeeper");
  mkdirSync(installed, { recursive: true });
  await run("tar", ["-xzf", join(folder, archive), "-C", installed, "--strip-components=1"]);
  for (const name of ["@types/node", "undici-types", "@cloudflare/workers-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  writeFileSync(join(folder, "consumer.ts"), CONSUMER);
  writeFileSync(join(folder, "worker-consumer.ts"), WORKER_CONSUMER);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  it("has modules and types, of the server as far as they are reached, and nothing of the tests", () => {
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1));
    const outside = files.filter((file) => !/^dist\/.*(\.js|\.d\.ts)$/.test(file));
    expect(outside.sort()).toEqual([
      "LICENSE",
      "README.md",
      "dist/worker/LICENSES.txt",
      "package.json",
    ]);
    const folders = new Set(files.filter((file) => file.startsWith("dist/")).map(partOf));
    expect([...folders].sort()).toEqual([
      "access",
      "client",
      "core",
      "objects",
      "protocol",
      "recipes",
      "services",
      "testing",
      "worker",
    ]);
    const ofServer = files.filter((file) =>
      /^dist\/(access|objects|services|worker)\/.*js$/.test(file),
    );
    expect(ofServer).toEqual([WORKER_BUNDLE]);
  });

  it("has the licence of everything that is bundled", () => {
    const bundle = readFileSync(join(installed, WORKER_BUNDLE), "utf8");
    const names = [...bundle.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm)].map(
      ([, name = ""]) => name,
    );
    expect(names).toContain("hono");
    const licenses = readFileSync(join(installed, "dist/worker/LICENSES.txt"), "utf8");
    for (const name of new Set(names)) {
      const { version } = JSON.parse(
        readFileSync(join(root, "node_modules", name, "package.json"), "utf8"),
      );
      expect(licenses).toContain(`${name} ${version}\n`);
    }
  });

  it("depends on nothing", () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
    expect(dependencies).toBeUndefined();
  });

  it("has no fault that publint knows", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, strict: true, pack: false });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("names every module with the extension that it has", () => {
    const sources = readdirSync(join(installed, "dist"), { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(js|ts)$/.test(name) && join("dist", name) !== WORKER_BUNDLE)
      .map((name) => readFileSync(join(installed, "dist", name), "utf8"));
    const names = sources.flatMap((source) =>
      [...source.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, name = ""]) => name),
    );
    expect(names.length).toBeGreaterThan(100);
    const others = new Set(names.filter((name) => !/^\.{1,2}\/.*\.js$/.test(name)));
    // The runtime's own.
    expect([...others]).toEqual(["cloudflare:workers"]);
  });

  it("runs in Node", async () => {
    await run(node, ["consumer.ts"], { cwd: folder });
  });

  it("is small, for who connects and takes a lock", async () => {
    const { gzippedBytes } = await measureBundle(folder);
    expect(gzippedBytes).toBeLessThanOrEqual(GZIPPED_BYTES_MAX);
  });

  it.each(Object.entries(CONSUMERS))("has types that %s finds", async (_name, options) => {
    const { file = "consumer.ts", ...consumer } = options;
    const compilerOptions = {
      ...consumer,
      target: "es2022",
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      // The declarations themselves must be sound, too.
      skipLibCheck: false,
    };
    const project = { compilerOptions, files: [file] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project));
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", folder]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  });
});

function partOf(file: string): string {
  return file.split("/")[1] ?? "";
}
