/**
 * Asks a server as monitoring does: a word over TCP, a command over HTTP.
 */
import { connect } from "node:net";
import type { Address } from "../../../process/support/tcp-connection.ts";

const TIMEOUT_MS = 10_000;

/** Says something as the first of a connection, and returns all that is answered until the server closes it. */
export async function askWord(address: Address, said: string | Uint8Array): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ ...address, allowHalfOpen: true });
    let answer = "";
    socket.setEncoding("utf8").setTimeout(TIMEOUT_MS);
    socket.on("connect", () => socket.write(said));
    socket.on("data", (text: string) => (answer += text));
    socket.on("timeout", () => socket.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    socket.on("error", reject);
    socket.on("end", () => {
      socket.destroy();
      resolve(answer);
    });
  });
}

export interface CommandAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** `url` is that of `/commands`, without a slash at the end. */
export async function askCommand(url: string, command = ""): Promise<CommandAnswer> {
  const path = command === "" ? "" : `/${command}`;
  const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const contentType = response.headers.get("content-type");
  return { status: response.status, contentType, body: await response.text() };
}
