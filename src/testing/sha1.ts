/**
 * SHA-1 (RFC 3174), which the digest scheme of ACLs is made of. The web's own is asynchronous, and the state machine is not.
 */
const BLOCK_BYTES = 64;
const CONSTANTS = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6] as const;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const encoder = new TextEncoder();

/** The digest of a text's UTF-8, in base64. */
export function sha1Base64(text: string): string {
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const message = pad(encoder.encode(text));
  for (let at = 0; at < message.byteLength; at += BLOCK_BYTES) addBlock(state, message, at);
  const digest = new DataView(new ArrayBuffer(state.byteLength));
  state.forEach((value, index) => digest.setUint32(index * 4, value));
  return toBase64(new Uint8Array(digest.buffer));
}

/** The message, a bit that is set, and its length in bits at the end of the last block. */
function pad(message: Uint8Array): DataView {
  const blocks = Math.ceil((message.length + 9) / BLOCK_BYTES);
  const padded = new Uint8Array(blocks * BLOCK_BYTES);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  return view;
}

function addBlock(state: Uint32Array, message: DataView, at: number): void {
  const words = new Uint32Array(80);
  for (let t = 0; t < 80; t++) {
    words[t] =
      t < 16
        ? message.getUint32(at + t * 4)
        : rotate(
            word(words, t - 3) ^ word(words, t - 8) ^ word(words, t - 14) ^ word(words, t - 16),
            1,
          );
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
  for (let t = 0; t < 80; t++) {
    const next = rotate(a, 5) + mix(t, b, c, d) + e + word(words, t) + constantOf(t);
    [a, b, c, d, e] = [next >>> 0, a, rotate(b, 30) >>> 0, c, d];
  }
  [a, b, c, d, e].forEach((value, index) => (state[index] = word(state, index) + value));
}

function mix(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) >>> 0;
  if (t >= 40 && t < 60) return ((b & c) | (b & d) | (c & d)) >>> 0;
  return (b ^ c ^ d) >>> 0;
}

function constantOf(t: number): number {
  return CONSTANTS[Math.floor(t / 20)] as number;
}

function word(words: Uint32Array, index: number): number {
  return words[index] as number;
}

function rotate(value: number, bits: number): number {
  return ((value << bits) | (value >>> (32 - bits))) >>> 0;
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += BASE64.charAt(bits >>> 18) + BASE64.charAt((bits >>> 12) & 63);
    text += second === undefined ? "=" : BASE64.charAt((bits >>> 6) & 63);
    text += third === undefined ? "=" : BASE64.charAt(bits & 63);
  }
  return text;
}
