/**
 * What a WebSocket channel keeps through hibernation, in its socket's attachment; watches that do not fit there go
 * into a table. Nothing is called before an object hibernates, so the attachment is brought up to date with every
 * batch that changed what it says.
 */
import type { Grant } from "../core/grant.ts";
import type { WatchKind, WatchManager, WatchMode } from "../core/watch-manager.ts";
import type { Id, SessionId } from "../protocol/records.ts";
import { Channel } from "./channel.ts";
import type { SpilledWatch, SqliteStore } from "./sqlite-store.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Bytes of watched paths that an attachment takes; the platform allows 16,384 bytes for all of it. */
const ATTACHED_PATH_BYTES_MAX = 8_192;

/** How old the noted time of the last request may be: writing it costs more than many a request. */
const HEARD_PRECISION_MS = 1_000;

const KINDS: readonly WatchKind[] = ["data", "child"];
const MODES: readonly WatchMode[] = ["standard", "persistent", "recursive"];

interface Attachment {
  readonly address: string;
  readonly authIds: readonly Id[];
  /** Undefined for everything. */
  readonly grant?: Grant | undefined;
  /** 0 before the handshake. */
  readonly sessionId: SessionId;
  /** When a request came last, in milliseconds since 1970, never later than it was by more than the precision. */
  readonly heardMs: number;
  /** Null when they are in the table. */
  readonly watches: AttachedWatches | null;
}

/** Paths by kind and mode; most combinations have none. */
type AttachedWatches = {
  readonly [kind in WatchKind]: { readonly [mode in WatchMode]?: readonly string[] };
};

/** A watch that was set or, with an undefined mode, is gone. */
type ChangedWatch = { kind: WatchKind; path: string; mode: WatchMode | undefined };

/** What of a channel its attachment does not say yet. */
interface Unsaved {
  watches: Map<string, ChangedWatch>;
  authIds: readonly Id[];
  grant: Grant | undefined;
  sessionId: SessionId;
  heardMs: number;
  spilled: boolean;
}

export class Hibernation {
  readonly #store: SqliteStore;
  readonly #watches: WatchManager;
  readonly #saved = new WeakMap<Channel, Unsaved>();

  constructor(store: SqliteStore, watches: WatchManager) {
    this.#store = store;
    this.#watches = watches;
  }

  /** Notes that a watch was set or, with an undefined mode, is gone. */
  onWatchChanged(
    channel: Channel,
    kind: WatchKind,
    path: string,
    mode: WatchMode | undefined,
  ): void {
    this.#saved.get(channel)?.watches.set(`${kind}${path}`, { kind, path, mode });
  }

  /** Begins to keep a channel. */
  adopt(channel: Channel, nowMs: number): void {
    this.#saved.set(channel, {
      watches: new Map(),
      authIds: channel.authIds,
      grant: channel.grant,
      sessionId: 0,
      heardMs: nowMs,
      spilled: false,
    });
    this.#attach(channel, nowMs, false);
  }

  /** Brings what is kept of a channel up to date. Part of the batch's transaction. */
  save(channel: Channel, nowMs: number): void {
    const saved = this.#saved.get(channel);
    if (saved === undefined) return;
    if (channel.closed) {
      if (saved.spilled) this.#store.deleteSpilledWatches(saved.sessionId);
      // Until its client answers the close, the socket is among those that the object wakes up with.
      (channel.transport as WebSocketTransport).socket.serializeAttachment(null);
      this.#saved.delete(channel);
      return;
    }
    const isCurrent =
      saved.watches.size === 0 &&
      saved.authIds === channel.authIds &&
      saved.grant === channel.grant &&
      saved.sessionId === channel.sessionId &&
      nowMs - saved.heardMs < HEARD_PRECISION_MS;
    if (isCurrent) return;
    this.#saveWatches(channel, saved);
    this.#attach(channel, nowMs, saved.spilled);
    saved.watches.clear();
    saved.authIds = channel.authIds;
    saved.grant = channel.grant;
    saved.sessionId = channel.sessionId;
    saved.heardMs = nowMs;
  }

  /** Makes the channel of a socket that hibernated, and sets its watches again. */
  restore(
    socket: WebSocket,
  ): { channel: Channel; sessionId: SessionId; heardMs: number } | undefined {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment === null) return undefined;
    const { address, authIds, grant, sessionId, heardMs } = attachment;
    // How long it has been connected is not kept: that it has been heard of is the oldest that is known.
    const options = { authIds, grant, nowMs: heardMs };
    const channel = new Channel(new WebSocketTransport(socket), address, options);
    const spilled = attachment.watches === null;
    const watches =
      attachment.watches === null
        ? this.#store.selectSpilledWatches(sessionId)
        : listOf(attachment.watches);
    for (const { kind, path, mode } of watches) this.#watches.add(kind, path, channel, mode);
    this.#saved.set(channel, { watches: new Map(), authIds, grant, sessionId, heardMs, spilled });
    return { channel, sessionId, heardMs: heardMs + HEARD_PRECISION_MS };
  }

  #saveWatches(channel: Channel, saved: Unsaved): void {
    const { sessionId } = channel;
    if (saved.spilled) {
      const changed = [...saved.watches.values()];
      this.#store.insertSpilledWatches(sessionId, changed.filter(isSet));
      const gone = changed.filter(({ mode }) => mode === undefined);
      this.#store.deleteSpilledWatchesAt(sessionId, gone);
      return;
    }
    if (saved.watches.size === 0 || this.#pathBytes(channel) <= ATTACHED_PATH_BYTES_MAX) return;
    saved.spilled = true;
    this.#store.deleteSpilledWatches(sessionId);
    const all = KINDS.flatMap((kind) =>
      Array.from(this.#watches.pathsOf(kind, channel), ([path, mode]) => ({ kind, path, mode })),
    );
    this.#store.insertSpilledWatches(sessionId, all);
  }

  #attach(channel: Channel, nowMs: number, spilled: boolean): void {
    const attachment: Attachment = {
      address: channel.address,
      authIds: channel.authIds,
      grant: channel.grant,
      sessionId: channel.sessionId,
      heardMs: nowMs,
      watches: spilled
        ? null
        : {
            data: byMode(this.#watches.pathsOf("data", channel)),
            child: byMode(this.#watches.pathsOf("child", channel)),
          },
    };
    (channel.transport as WebSocketTransport).socket.serializeAttachment(attachment);
  }

  #pathBytes(channel: Channel): number {
    let bytes = 0;
    for (const kind of KINDS) {
      // Two bytes a UTF-16 unit at most, and a tag and a length before each string.
      for (const path of this.#watches.pathsOf(kind, channel).keys()) bytes += path.length * 2 + 8;
    }
    return bytes;
  }
}

function isSet(watch: ChangedWatch): watch is SpilledWatch {
  return watch.mode !== undefined;
}

function byMode(paths: ReadonlyMap<string, WatchMode>): { [mode in WatchMode]?: string[] } {
  const lists: { [mode in WatchMode]?: string[] } = {};
  for (const [path, mode] of paths) (lists[mode] ??= []).push(path);
  return lists;
}

function listOf(watches: AttachedWatches): SpilledWatch[] {
  const list: SpilledWatch[] = [];
  for (const kind of KINDS) {
    for (const mode of MODES) {
      for (const path of watches[kind][mode] ?? []) list.push({ kind, path, mode });
    }
  }
  return list;
}
