/**
 * Bytes in tests: hex text, and what a writer wrote.
 */
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";

export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The hex of what `write` writes. */
export function written(write: (writer: JuteWriter) => void): string {
  const writer = new JuteWriter();
  write(writer);
  return toHex(writer.toBytes());
}

export function readerOf(hex: string): JuteReader {
  return new JuteReader(fromHex(hex));
}
