/**
 * A server that answers almost ideally: what a test makes of its tree is a lie that the benchmark has to find.
 */
import { type AddressInfo, createServer } from "node:net";
import { type AnsweringTree, serveIdeally } from "../../../bench/ideal/ideal-connection.ts";
import { IdealTree } from "../../../bench/ideal/ideal-tree.ts";
import type { Server } from "../../../bench/servers.ts";
import type { Reply } from "../../../src/protocol/replies.ts";
import type { Request } from "../../../src/protocol/requests.ts";

/** Answers a request, with the ideal answer at hand. */
export type Lie = (request: Request, answer: () => Reply | undefined) => Reply | undefined;

export async function startLyingServer(lie: Lie): Promise<Server> {
  const ideal = new IdealTree();
  const tree: AnsweringTree = {
    get zxid() {
      return ideal.zxid;
    },
    apply: (request) => lie(request, () => ideal.apply(request)),
  };
  const server = createServer({ noDelay: true }, (socket) => serveIdeally(socket, tree));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    await new Promise((resolve) => server.close(resolve));
  };
  return { name: "liar", address: { host: "127.0.0.1", port }, stop };
}
