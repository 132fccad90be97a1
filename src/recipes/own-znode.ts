/**
 * What others do to the znode that somebody holds something with.
 */
import { NoNodeError, type ZooKeeper } from "../client/index.ts";
import { type Contender, optionsOf } from "./contender.ts";
import { NotHeldError, type ZnodeHeld } from "./held.ts";

/** What Curator's `Revoker` writes into the znode of a holder that it wants to let go. */
export const REVOKE_REQUEST = "__REVOKE__";

/**
 * Ends the hold when its znode is deleted by somebody else, and calls back when its data asks for that. Costs a
 * read, which nobody waits for, and a watch.
 */
export function watchOwnZnode(
  zk: ZooKeeper,
  contender: Contender,
  held: ZnodeHeld,
  onRevoke: (() => void) | undefined,
): void {
  const options = { ...optionsOf(contender.session), watch: () => read() };
  const read = (): void => {
    if (held.signal.aborted) return;
    zk.getData(contender.path, options).then(
      ({ data }) => {
        const isAsked = data !== null && new TextDecoder().decode(data) === REVOKE_REQUEST;
        if (isAsked && !held.signal.aborted) onRevoke?.();
      },
      (error: unknown) => {
        // Any other error is the end of the session, which the hold knows of by itself.
        if (!(error instanceof NoNodeError)) return;
        held.lose(new NotHeldError(contender.path, "somebody has deleted the znode"));
      },
    );
  };
  read();
}
