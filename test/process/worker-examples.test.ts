/**
 * The examples that are Workers: they would be deployed as they are, and do what they say.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { buildModules } from "../../scripts/package/modules.ts";
import { connect } from "../../src/client/index.ts";
import { node, root } from "../support/edgekeeper-server.ts";
import { startWranglerDev, wrangler, wranglerEnv } from "./support/wrangler-dev.ts";

const run = promisify(execFile);
const FOLDER = "examples/workers";

// Examples import the package as its users do, by its name.
beforeAll(() => buildModules(root));

function configOf(example: string): string {
  return join(FOLDER, example, "wrangler.toml");
}

interface Written {
  readonly token: number;
  readonly written: boolean;
  readonly text: string;
}

async function write(url: string, by: string, thinksMs = 0): Promise<Written> {
  const response = await fetch(`${url}/?by=${by}&thinksMs=${thinksMs}`);
  expect(response.status).toBe(200);
  return (await response.json()) as Written;
}

describe("examples of Workers", () => {
  it.each(readdirSync(join(root, FOLDER)))(
    "%s is short, and ready to be deployed",
    async (name) => {
      const source = readFileSync(join(root, FOLDER, name, "worker.ts"), "utf8");
      expect(source.split("\n").length).toBeLessThanOrEqual(61);
      const outdir = mkdtempSync(join(tmpdir(), "edgekeeper-deploy-"));
      const args = ["deploy", "--dry-run", "--outdir", outdir, "-c", configOf(name)];
      const { stdout } = await run(node, [wrangler, ...args], { cwd: root, env: wranglerEnv });
      expect(stdout).toContain("--dry-run: exiting now");
      rmSync(outdir, { recursive: true });
    },
  );

  it("guarded-write: a second request waits, and who has lost the lock writes nothing", async () => {
    await using dev = await startWranglerDev([configOf("guarded-write"), "wrangler.toml"]);
    const [one, other] = await Promise.all([write(dev.url, "a", 100), write(dev.url, "b", 100)]);
    const [first, second] = one.token < other.token ? [one, other] : [other, one];
    expect(first.written && second.written).toBe(true);
    expect(second.text.startsWith(first.text)).toBe(true);
    expect(second.text.length).toBe(2 * first.text.length);

    // Its ttl is over long before it has thought.
    const done: Written[] = [];
    const slow = write(dev.url, "slow", 8_000).then((written) => void done.push(written));
    const others: Written[] = [];
    while (done.length === 0) others.push(await write(dev.url, "c", 50));
    await slow;
    const [stale] = done as [Written];
    expect(stale.written).toBe(false);
    expect(stale.text).not.toContain("slow");
    expect(others.every(({ written }) => written)).toBe(true);
    expect(others.some(({ token }) => token > stale.token)).toBe(true);
  });

  it("embedded: has its own endpoints, and Edgekeeper's under a path", async () => {
    const token = "secret-of-a-test";
    await using dev = await startWranglerDev([configOf("embedded")], { EDGEKEEPER_TOKEN: token });
    const own = await fetch(dev.url);
    expect(await own.text()).toMatch(/^mine, with token \d+\n$/);
    expect((await fetch(`${dev.url}/coordination/health`)).status).toBe(200);
    expect((await fetch(`${dev.url}/coordination/v1/app/counters`)).status).toBe(401);
    const url = `${dev.url.replace("http", "ws")}/coordination/v1/app/zk`;
    await using zk = await connect(url, { token });
    // The lock's znode is there, and the lock is free again.
    await vi.waitFor(async () => {
      expect((await zk.getChildren("/locks/report")).children).toEqual([]);
    });
  });
});
