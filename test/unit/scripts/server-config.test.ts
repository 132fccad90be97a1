import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isLoopback } from "../../../scripts/server/host-address.ts";
import { formatWorkerdConfig } from "../../../scripts/server/workerd-config.ts";
import { readWranglerConfig } from "../../../scripts/server/wrangler-config.ts";
import { root } from "../../support/edgekeeper-server.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgekeeper-config-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function read(toml: string) {
  const file = join(folder, "wrangler.toml");
  writeFileSync(file, toml);
  return readWranglerConfig(file);
}

const minimal = `
main = "src/index.ts"
compatibility_date = "2026-10-30"
[vars]
NUMBER = 2000
TEXT = "a \\"quoted\\" text"
[[durable_objects.bindings]]
name = "THING"
class_name = "Thing"
[[migrations]]
tag = "v1"
new_sqlite_classes = ["Thing"]
`;

test("reads the project's own wrangler.toml", () => {
  const config = readWranglerConfig(join(root, "wrangler.toml"));
  expect(config.main).toBe("src/worker/index.ts");
  expect(config.durableObjects).toContainEqual({ binding: "SUBTREE", className: "SubtreeObject" });
  expect(config.vars["TICK_TIME_MS"]).toBeTypeOf("number");
});

test("says what is wrong with a wrangler.toml in one line", () => {
  expect(() => read("main = ")).toThrow(/^wrangler\.toml: [^\n]+$/);
  expect(() => read("main = 3")).toThrow("wrangler.toml: main must be a string");
  expect(() => read(`kv_namespaces = []\n${minimal}`)).toThrow("does not know kv_namespaces yet");
  expect(() => read(minimal.replace(/\[\[migrations[^]*/, ""))).toThrow("no migration lists Thing");
});

test("hands variables to workerd with their types, and escapes", () => {
  const text = formatWorkerdConfig({
    wrangler: read(minimal),
    bundle: "worker.js",
    vars: { NUMBER: 500, MORE: true },
    sockets: { http: "127.0.0.1:0", zookeeper: "[::1]:2181" },
    dataPath: '/tmp/a "b" \\ é\n',
  });
  expect(text).toContain('(name = "NUMBER", json = "500")');
  expect(text).toContain('(name = "MORE", json = "true")');
  expect(text).toContain(String.raw`json = "\x22a \x5c\x22quoted\x5c\x22 text\x22"`);
  expect(text).toContain(String.raw`path = "/tmp/a \x22b\x22 \x5c é\x0a"`);
  expect(text).toContain('uniqueKey = "edgekeeper-Thing", enableSql = true');
  expect(text).toContain('address = "[::1]:2181", tcp = ()');
});

test.each([
  ["127.0.0.1", true],
  ["127.8.9.10", true],
  ["::1", true],
  ["::ffff:127.0.0.1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["192.168.1.1", false],
  ["fe80::1", false],
])("%s is loopback: %s", (address, expected) => {
  expect(isLoopback(address)).toBe(expected);
});
