/** Asks a server once whether it serves. */
import { get } from "node:http";

/** A first start on a large tree reads it from a cold disk. */
const timeoutMs = 30_000;

/** Returns undefined when `GET /health` succeeded, otherwise what happened, in words. */
export async function findFault(host: string, port: number): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const request = get({ host, port, path: "/health", agent: false, timeout: timeoutMs });
    request.once("response", (response) => {
      response.resume();
      const { statusCode } = response;
      resolve(statusCode === 200 ? undefined : `GET /health answered ${statusCode}`);
    });
    request.once("timeout", () => {
      resolve(`GET /health did not answer within ${timeoutMs} ms`);
      request.destroy();
    });
    request.once("error", (error) => resolve(`GET /health failed (${error.message})`));
  });
}
