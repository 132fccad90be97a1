/**
 * Every example prints what its last lines say.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildModules } from "../../scripts/package/modules.ts";
import {
  type EdgekeeperServer,
  node,
  root,
  startEdgekeeper,
} from "../support/edgekeeper-server.ts";

const run = promisify(execFile);
const folder = join(root, "examples");
const OUTPUT = "// Output:\n";

let server: EdgekeeperServer;

beforeAll(async () => {
  // Examples import the package as its users do, by its name.
  await buildModules(root);
  server = await startEdgekeeper();
});

afterAll(async () => server.stop());

describe("examples", () => {
  it.each(readdirSync(folder).filter((name) => name.endsWith(".ts")))(
    "%s prints what it says",
    async (name) => {
      const file = join(folder, name);
      const source = readFileSync(file, "utf8");
      expect(source.split("\n").length).toBeLessThanOrEqual(61);
      const expected = source.slice(source.indexOf(OUTPUT) + OUTPUT.length).replaceAll("// ", "");
      const env = { ...process.env, EDGEKEEPER_URL: `zk://${server.host}:${server.zkPort}` };
      const { stdout } = await run(node, [file], { env });
      expect(stdout).toBe(expected);
    },
  );
});
