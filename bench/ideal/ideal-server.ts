/**
 * A server that does as little as the generator's checks allow. It runs as a worker thread of the benchmark and shows the
 * most that the generator can do; it is nothing to compare with.
 */
import { createServer } from "node:net";
import { parentPort } from "node:worker_threads";
import { serveIdeally } from "./ideal-connection.ts";
import { IdealTree } from "./ideal-tree.ts";

const tree = new IdealTree();
const server = createServer({ noDelay: true }, (socket) => serveIdeally(socket, tree));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this port leads to a thread, not to a window.
  if (typeof address === "object") parentPort?.postMessage(address?.port);
});
