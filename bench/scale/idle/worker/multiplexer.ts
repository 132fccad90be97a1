/**
 * Many WebSockets to the object over one to this Worker, for machines on which a process may not have as many files open
 * as there are to be sessions. To the object they are what all the others are.
 *
 * The one carries frames: a length, a number that says which of the many is meant, a message of it. Of texts there are
 * two: "open <number>" and "beat <number>" ask for what they say, and are repeated when it is done or answered.
 */
import type { Env } from "../../../../src/objects/env.ts";

const HEADER_BYTES = 8;

/** Upgrades to a WebSocket that carries those to `namespace`. */
export function multiplex(namespace: string, env: Env): Response {
  const { 0: client, 1: outer } = new WebSocketPair();
  const inner = new Map<number, WebSocket>();
  outer.accept();
  outer.binaryType = "arraybuffer";
  outer.addEventListener("message", ({ data }) => {
    if (typeof data !== "string") {
      forward(data as ArrayBuffer, inner);
      return;
    }
    const [verb, number = ""] = data.split(" ");
    if (verb === "beat") inner.get(Number(number))?.send("ping");
    else void open(Number(number), namespace, env, inner, outer);
  });
  return new Response(null, { status: 101, webSocket: client });
}

async function open(
  number: number,
  namespace: string,
  env: Env,
  inner: Map<number, WebSocket>,
  outer: WebSocket,
): Promise<void> {
  const headers = { upgrade: "websocket" };
  const response = await env.SUBTREE.getByName(namespace).fetch("http://object/", { headers });
  const { webSocket } = response;
  if (webSocket === null) return; // Whoever asked will wait in vain, and say so.
  webSocket.accept();
  webSocket.binaryType = "arraybuffer";
  inner.set(number, webSocket);
  webSocket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") outer.send(`beat ${number}`);
    else outer.send(wrap(number, new Uint8Array(data as ArrayBuffer)));
  });
  webSocket.addEventListener("close", () => outer.send(`closed ${number}`));
  outer.send(`open ${number}`);
}

/** Passes on the frames of one message, each to the WebSocket that it names. */
function forward(message: ArrayBuffer, inner: ReadonlyMap<number, WebSocket>): void {
  const view = new DataView(message);
  for (let at = 0; at + HEADER_BYTES <= message.byteLength;) {
    const end = at + 4 + view.getInt32(at);
    inner.get(view.getInt32(at + 4))?.send(message.slice(at + HEADER_BYTES, end));
    at = end;
  }
}

function wrap(number: number, message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + message.length);
  const view = new DataView(frame.buffer);
  view.setInt32(0, message.length + 4);
  view.setInt32(4, number);
  frame.set(message, HEADER_BYTES);
  return frame;
}
