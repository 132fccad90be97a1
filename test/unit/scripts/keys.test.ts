/** What `npm run keys` prints is what the server takes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { verifyToken } from "../../../src/access/verify-token.ts";

const script = join(
  dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))),
  "scripts",
  "keys.ts",
);
const folder = mkdtempSync(join(tmpdir(), "edgekeeper-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

const whatFor = [
  "--subject",
  "shop",
  "--namespaces",
  "app,web",
  "--prefixes",
  "/a",
  "--permissions",
  "read,write",
];
const scope = {
  namespaces: ["app", "web"],
  grant: { subject: "shop", prefixes: ["/a"], permissions: ["read", "write"] },
};

function keys(...args: readonly string[]): {
  stdout: string;
  stderr: string;
  status: number | null;
} {
  return spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
}

describe("npm run keys", () => {
  it("api-key: makes a key that is taken by its hash", async () => {
    const { stdout } = keys("api-key", ...whatFor, "--expires", "2099-01-01T00:00Z");
    const [, key = ""] = /^key, shown once: (\S+)$/m.exec(stdout) ?? [];
    const [, entry = ""] = /^for API_KEYS: (.*)$/m.exec(stdout) ?? [];
    expect(entry).not.toContain(key);
    const variables = { ACCESS: "token", API_KEYS: `[${entry}]` } as const;
    const expiresMs = Date.parse("2099-01-01T00:00Z");
    expect(await verifyToken(key, variables, Date.now())).toEqual({
      kind: "accepted",
      scope: { ...scope, grant: { ...scope.grant, expiresMs } },
    });
  });

  it("secret and token: makes a token that is taken until its time is over", async () => {
    const { stdout: secret } = keys("secret");
    const file = join(folder, "secret");
    writeFileSync(file, secret);
    const signed = keys("token", "--key", file, ...whatFor, "--expires-in", "15m");
    const variables = { ACCESS: "token", JWT_KEYS: [{ secret: secret.trim() }] } as const;
    const token = signed.stdout.trim();
    expect(await verifyToken(token, variables, Date.now())).toMatchObject({ scope });
    const later = await verifyToken(token, variables, Date.now() + 15 * 60_000);
    expect(later).toMatchObject({ message: "the token has expired" });
  });

  it.each(["ES256", "RS256", "EdDSA"])("key-pair and token: %s", async (algorithm) => {
    const { stdout, stderr } = keys("key-pair", "--algorithm", algorithm);
    const [, entry = ""] = /^for JWT_KEYS: (.*)$/m.exec(stderr) ?? [];
    const file = join(folder, `${algorithm}.pem`);
    writeFileSync(file, stdout);
    const options = ["--issuer", "us", "--audience", "zk", "--key-id", "1"];
    const { stdout: token } = keys("token", "--key", file, ...whatFor, ...options);
    const key = { ...(JSON.parse(entry) as object), issuer: "us", audience: "zk" };
    const variables = { ACCESS: "token", JWT_KEYS: [key] } as const;
    expect(await verifyToken(token.trim(), variables, Date.now())).toMatchObject({ scope });
  });

  it.each<[readonly string[], string]>([
    [["nope"], 'no command "nope" (see --help)'],
    [["api-key"], "--subject is missing (see --help)"],
    [["api-key", ...whatFor, "--prefixes", "a"], "a prefix that is no path of a znode"],
    [["api-key", ...whatFor, "--expires", "soon"], '--expires takes a time, not "soon"'],
    [["key-pair", "--algorithm", "none"], '--algorithm takes ES256, RS256, EdDSA, not "none"'],
    [["token", ...whatFor], "--key is missing (see --help)"],
    [["token", ...whatFor, "--key", "/nowhere"], "--key /nowhere: cannot read it (ENOENT)"],
  ])("%j is refused in one line", (args, line) => {
    const { status, stdout, stderr } = keys(...args);
    expect([status, stdout, stderr]).toEqual([1, "", `edgekeeper keys: ${line}\n`]);
  });

  it("explains itself", () => {
    expect(keys().stdout).toContain("Usage: npm run keys");
    expect(keys("token", "--help").stdout).toContain("--expires-in");
  });
});
