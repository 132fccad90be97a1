import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { VERSION } from "../../../src/objects/version.ts";

it("the version that the server tells is that of the package", () => {
  const url = new URL("../../../package.json", import.meta.url);
  expect(JSON.parse(readFileSync(url, "utf8"))).toMatchObject({ version: VERSION });
});
