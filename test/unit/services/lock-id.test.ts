import { assert, property, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase64url, toBase64url } from "../../../src/services/base64url.ts";
import { decodeLockId, encodeLockId } from "../../../src/services/lock-id.ts";

const IDENTITY = {
  sessionId: Number.MAX_SAFE_INTEGER,
  passwd: Uint8Array.from({ length: 16 }, (_, index) => 255 - index),
  path: "/locks/ä",
  znode: "/locks/ä/leases/_c_1-lease-0000000001",
};

describe("lock ids", () => {
  it("say what they were made of, in characters that a URL takes", () => {
    const id = encodeLockId(IDENTITY);
    expect(id).toMatch(/^[\w-]+$/);
    expect(decodeLockId(id)).toEqual(IDENTITY);
  });

  it("are nothing when anything of them is missing, or too much", () => {
    const id = encodeLockId(IDENTITY);
    for (let length = 0; length < id.length; length++) {
      expect(decodeLockId(id.slice(0, length)), String(length)).toBeUndefined();
    }
    expect(decodeLockId(`${id}AAAA`)).toBeUndefined();
  });

  it("are nothing for other bytes, and never an error", () => {
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        expect(decodeLockId(toBase64url(bytes))).toBeUndefined();
      }),
    );
    assert(property(string(), (text) => decodeLockId(text) === undefined));
  });

  it("name no path that is none", () => {
    for (const znode of ["/locks/a", "/locks/a/", "/locks/a/../b", "locks"]) {
      expect(decodeLockId(encodeLockId({ ...IDENTITY, path: "/locks/a", znode }))).toBeUndefined();
    }
  });
});

describe("base64url", () => {
  it("gives back the bytes that it was made of", () => {
    assert(
      property(uint8Array(), (bytes) => {
        expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it("is nothing for text that no bytes are written as", () => {
    for (const text of ["A", "AAAAA", "a+b/", "AA==", "ä", " "]) {
      expect(fromBase64url(text), text).toBeUndefined();
    }
  });
});
