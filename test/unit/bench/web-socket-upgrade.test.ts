import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { encodeUpgradeRequest, readUpgradeResponse } from "../../../bench/web-socket-upgrade.ts";

const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

function response(...lines: string[]): Uint8Array {
  return new TextEncoder().encode([...lines, "", ""].join("\r\n"));
}

test("the sample of RFC 6455", () => {
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  expect(createHash("sha1").update(`${key}${guid}`).digest("base64")).toBe(accept);
  const bytesOf = response("HTTP/1.1 101 Switching Protocols", `sec-websocket-accept: ${accept}`);
  expect(readUpgradeResponse(bytesOf, key)).toBe(bytesOf.length);
  expect(readUpgradeResponse(bytesOf.subarray(0, -1), key)).toBeUndefined();
});

test("another answer is refused", () => {
  expect(readUpgradeResponse(response("HTTP/1.1 429 Too Many"), key)).toContain("429");
  const foreign = response("HTTP/1.1 101 X", "Sec-WebSocket-Accept: bm8=");
  expect(readUpgradeResponse(foreign, key)).toContain("another key");
});

test("the request names path, host and key", () => {
  const address = { host: "127.0.0.1", port: 8787 };
  const request = new TextDecoder().decode(encodeUpgradeRequest(address, "/v1/a/zk", key));
  expect(request).toMatch(/^GET \/v1\/a\/zk HTTP\/1\.1\r\nHost: 127\.0\.0\.1:8787\r\n/);
  expect(request).toContain(`\r\nSec-WebSocket-Key: ${key}\r\n`);
  expect(request.endsWith("\r\n\r\n")).toBe(true);
});
