/**
 * How a connection becomes a WebSocket (RFC 6455, 4).
 */
import { createHash } from "node:crypto";
import type { Address } from "./tcp-stream.ts";

/** What the RFC appends to a key before it is hashed. */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const HEAD_END = "\r\n\r\n";

/** The request that asks for it. */
export function encodeUpgradeRequest({ host, port }: Address, path: string, key: string): Buffer {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
  ];
  return Buffer.from(`${lines.join("\r\n")}${HEAD_END}`, "latin1");
}

/**
 * Looks at the answer: undefined while its head is not complete; otherwise how many bytes that head has, or what is
 * wrong with it.
 */
export function readUpgradeResponse(bytes: Uint8Array, key: string): number | string | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  const end = text.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const [status = "", ...fields] = text.slice(0, end).split("\r\n");
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) return `the upgrade was answered with "${status}"`;
  const accept = createHash("sha1").update(`${key}${KEY_SUFFIX}`).digest("base64");
  const isAccepted = fields.some((field) => {
    const [name = "", ...value] = field.split(":");
    return name.toLowerCase() === "sec-websocket-accept" && value.join(":").trim() === accept;
  });
  return isAccepted ? end + HEAD_END.length : "the upgrade was answered for another key";
}
