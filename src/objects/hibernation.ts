/**
 * What a WebSocket channel keeps through hibernation, in its socket's attachment; watches that do not fit there go
 * into a table. Nothing is called before an object hibernates, so the attachment is brought up to date with every
 * batch that changed what it says.
 */
import type { WatchKind, WatchManager } from "../core/watch-manager.ts";
import type { Id, SessionId } from "../protocol/records.ts";
import { Channel } from "./channel.ts";
import type { SqliteStore } from "./sqlite-store.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Bytes of watched paths that an attachment takes; the platform allows 16,384 bytes for all of it. */
const ATTACHED_PATH_BYTES_MAX = 8_192;

/** How old the noted time of the last request may be: writing it costs more than many a request. */
const HEARD_PRECISION_MS = 1_000;

const KINDS: readonly WatchKind[] = ["data", "child"];

interface Attachment {
  readonly address: string;
  readonly authIds: readonly Id[];
  /** 0 before the handshake. */
  readonly sessionId: SessionId;
  /** When a request came last, in milliseconds since 1970, never later than it was by more than the precision. */
  readonly heardMs: number;
  /** Null when they are in the table. */
  readonly watches: Readonly<Record<WatchKind, readonly string[]>> | null;
}

/** What of a channel its attachment does not say yet. */
interface Unsaved {
  watches: Map<string, { kind: WatchKind; path: string; set: boolean }>;
  authIds: readonly Id[];
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

  /** Notes that a watch was set or is gone. */
  onWatchChanged(channel: Channel, kind: WatchKind, path: string, set: boolean): void {
    this.#saved.get(channel)?.watches.set(`${kind}${path}`, { kind, path, set });
  }

  /** Begins to keep a channel. */
  adopt(channel: Channel, nowMs: number): void {
    this.#saved.set(channel, {
      watches: new Map(),
      authIds: channel.authIds,
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
      saved.sessionId === channel.sessionId &&
      nowMs - saved.heardMs < HEARD_PRECISION_MS;
    if (isCurrent) return;
    this.#saveWatches(channel, saved);
    this.#attach(channel, nowMs, saved.spilled);
    saved.watches.clear();
    saved.authIds = channel.authIds;
    saved.sessionId = channel.sessionId;
    saved.heardMs = nowMs;
  }

  /** Makes the channel of a socket that hibernated, and sets its watches again. */
  restore(
    socket: WebSocket,
  ): { channel: Channel; sessionId: SessionId; heardMs: number } | undefined {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment === null) return undefined;
    const { address, authIds, sessionId, heardMs } = attachment;
    const channel = new Channel(new WebSocketTransport(socket), address, authIds);
    const spilled = attachment.watches === null;
    const watches = attachment.watches ?? this.#store.selectSpilledWatches(sessionId);
    for (const kind of KINDS) {
      for (const path of watches[kind]) this.#watches.add(kind, path, channel);
    }
    this.#saved.set(channel, { watches: new Map(), authIds, sessionId, heardMs, spilled });
    return { channel, sessionId, heardMs: heardMs + HEARD_PRECISION_MS };
  }

  #saveWatches(channel: Channel, saved: Unsaved): void {
    const { sessionId } = channel;
    if (saved.spilled) {
      for (const { kind, path, set } of saved.watches.values()) {
        if (set) this.#store.insertSpilledWatch(sessionId, kind, path);
        else this.#store.deleteSpilledWatch(sessionId, kind, path);
      }
      return;
    }
    if (saved.watches.size === 0 || this.#pathBytes(channel) <= ATTACHED_PATH_BYTES_MAX) return;
    saved.spilled = true;
    this.#store.deleteSpilledWatches(sessionId);
    for (const kind of KINDS) {
      for (const path of this.#watches.pathsOf(kind, channel)) {
        this.#store.insertSpilledWatch(sessionId, kind, path);
      }
    }
  }

  #attach(channel: Channel, nowMs: number, spilled: boolean): void {
    const attachment: Attachment = {
      address: channel.address,
      authIds: channel.authIds,
      sessionId: channel.sessionId,
      heardMs: nowMs,
      watches: spilled
        ? null
        : {
            data: [...this.#watches.pathsOf("data", channel)],
            child: [...this.#watches.pathsOf("child", channel)],
          },
    };
    (channel.transport as WebSocketTransport).socket.serializeAttachment(attachment);
  }

  #pathBytes(channel: Channel): number {
    let bytes = 0;
    for (const kind of KINDS) {
      // Two bytes a UTF-16 unit at most, and a tag and a length before each string.
      for (const path of this.#watches.pathsOf(kind, channel)) bytes += path.length * 2 + 8;
    }
    return bytes;
  }
}
