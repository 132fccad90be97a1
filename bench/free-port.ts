import { createServer } from "node:net";

/** A port that is free now, for a server that does not say which one it chose, or is to have the same one again. */
export async function freePort(host: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === "object" && address !== null) resolve(address.port);
        else reject(new Error("a listening socket has no address"));
      });
    });
  });
}
