/**
 * Persistent watches: asked for when the first stream at a path begins, removed when the last one ends.
 */
import { ErrorCode } from "../protocol/error-code.ts";
import { OpCode, WatcherType } from "../protocol/op-code.ts";
import { EventStream } from "./event-stream.ts";
import type { SessionKeeper } from "./session-keeper.ts";
import type { WatchStream } from "./watch-event.ts";

/** Begins a stream of events at a path, which the server knows as `hidden`. */
export function openWatch(
  keeper: SessionKeeper,
  path: string,
  hidden: string,
  isRecursive: boolean,
  signal: AbortSignal | undefined,
): WatchStream {
  const { watches } = keeper;
  const stream = new EventStream(path, isRecursive);
  const onAbort = (): void => void stream.return();
  stream.onEnd = (isLeft) => {
    signal?.removeEventListener("abort", onAbort);
    if (isLeft && watches.removeStream(hidden, stream)) void removeWatch(keeper, hidden);
  };
  const mode = watches.addStream(hidden, stream);
  if (mode !== undefined) {
    const asked = {
      request: { type: OpCode.addWatch, path: hidden, mode },
      path,
      onSend: () => watches.onSent(hidden),
      decode: () => watches.onArmed(hidden, mode),
    };
    // As long as the session lives, it is worth waiting for.
    keeper.ask(asked, { timeoutMs: Infinity }).catch((error: Error) => {
      watches.failStreams(hidden, error);
      rearmOneShots(keeper, hidden, keeper.lastZxid);
    });
  }
  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);
  return stream;
}

/** The server forgets its one-shot watches at the path as well: those are set again, as of that moment. */
async function removeWatch(keeper: SessionKeeper, hidden: string): Promise<void> {
  try {
    await keeper.ask(
      {
        request: { type: OpCode.removeWatches, path: hidden, watcherType: WatcherType.any },
        expectedErr: ErrorCode.noWatcher,
        decode: (_reader, { zxid }) => rearmOneShots(keeper, hidden, zxid),
      },
      { timeoutMs: Infinity },
    );
  } catch {
    // The session is over, and the watch with it.
  }
}

function rearmOneShots(keeper: SessionKeeper, hidden: string, zxid: number): void {
  keeper.rearm(keeper.watches.rearmOneShots(hidden, zxid), () => {});
}
