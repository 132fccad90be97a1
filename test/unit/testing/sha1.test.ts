/** The same digests as Node's own. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { sha1Base64 } from "../../../src/testing/sha1.ts";

it.each(["", "super:test", "ü:€ 𝄞"])("digests %j", (text) => {
  expect(sha1Base64(text)).toBe(createHash("sha1").update(text).digest("base64"));
});

it("digests every length around a block's", () => {
  for (let length = 50; length < 200; length++) {
    const text = "x".repeat(length);
    expect(sha1Base64(text)).toBe(createHash("sha1").update(text).digest("base64"));
  }
});
