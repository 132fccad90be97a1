/**
 * The Durable Object that owns a namespace's tree. It only composes: sockets in, batches through, one alarm.
 */
import { DurableObject } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { isFor } from "../access/scope.ts";
import { verifyToken } from "../access/verify-token.ts";
import { type Grant, UNPROVEN } from "../core/grant.ts";
import type { Proof } from "../core/outcome.ts";
import { WatchManager } from "../core/watch-manager.ts";
import { FrameDecoder } from "../protocol/frame-decoder.ts";
import type { Call, Caller, CallResult } from "../services/call.ts";
import { CallService } from "../services/perform.ts";
import type { AdminResponse } from "./admin/admin-commands.ts";
import { ConnectionOpening } from "./admin/connection-opening.ts";
import { AlarmScheduler } from "./alarm-scheduler.ts";
import { BatchLoop } from "./batch-loop.ts";
import { CallChannels } from "./call-channels.ts";
import { Channel, HANDSHAKE_MS } from "./channel.ts";
import { ChunkReader } from "./chunk-reader.ts";
import { CLIENT_ADDRESS_HEADER, type Env, GRANT_HEADER, UNKNOWN_ADDRESS } from "./env.ts";
import { AddressCounter } from "./address-counter.ts";
import { type Counters, noEvents } from "./counters.ts";
import { CallGuard, type GuardedCall, type GuardMode } from "./guarded-call.ts";
import { HeldFrames } from "./held-frames.ts";
import { Hibernation } from "./hibernation.ts";
import { type Limits, limitsOf } from "./limits.ts";
import { sessionTimeoutsOf } from "./session-timeouts.ts";
import { type EdgekeeperEnv, withDefaults } from "./settings.ts";
import { SQLMeter } from "./sql-meter.ts";
import { SqliteStore } from "./sqlite-store.ts";
import { SubtreeAdmin } from "./subtree-admin.ts";
import { Subtree } from "./subtree.ts";
import { TCPTransport } from "./tcp-transport.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

/** Close code for a message that is not made of whole frames (RFC 6455, "unsupported data"). */
const UNSUPPORTED_DATA = 1003;

export class SubtreeObject extends DurableObject<Env> {
  readonly #limits: Limits;
  readonly #startedMs = Date.now();
  readonly #events = noEvents();
  readonly #sql: SQLMeter;
  readonly #store: SqliteStore;
  readonly #alarms: AlarmScheduler;
  readonly #hibernation: Hibernation;
  readonly #subtree: Subtree;
  readonly #batches: BatchLoop;
  readonly #heldFrames = new HeldFrames({
    verify: (token) => this.#verify(token),
    pass: (channel, frames) => this.#pass(channel, frames),
    onFlood: (channel) => {
      channel.transport.abort();
      this.#pass(channel, [undefined]);
    },
    waitUntil: (promise) => this.ctx.waitUntil(promise),
  });
  readonly #webSocketChannels = new Map<WebSocket, Channel>();
  readonly #tcpChannels = new Set<Channel>();
  readonly #admin: SubtreeAdmin;
  readonly #calls: CallService;
  /** Timers of the channels that have no session yet. */
  readonly #handshakes = new Map<Channel, number>();
  /** Wakes those who wait until their channel's client has read. */
  readonly #waiting = new Map<Channel, () => void>();
  /** Connections by the address that they come from, where that is known. */
  readonly #addresses = new AddressCounter();

  constructor(ctx: DurableObjectState, bindings: EdgekeeperEnv) {
    const env = withDefaults(bindings);
    super(ctx, env);
    const { storage } = ctx;
    const sessionTimeouts = sessionTimeoutsOf(env);
    this.#limits = limitsOf(env.LIMITS, env.NAMESPACE_LIMITS?.[ctx.id.name ?? ""]);
    this.#sql = new SQLMeter(storage.sql);
    this.#store = new SqliteStore(this.#sql);
    this.#alarms = new AlarmScheduler(storage);
    const watches = new WatchManager((watcher, kind, path, mode) =>
      this.#hibernation.onWatchChanged(watcher as Channel, kind, path, mode),
    );
    this.#hibernation = new Hibernation(this.#store, watches);
    this.#subtree = new Subtree(
      {
        store: this.#store,
        alarms: this.#alarms,
        tickTimeMs: env.TICK_TIME_MS,
        sessionTimeouts,
        reapIntervalMs: env.CONTAINER_CHECK_INTERVAL_MS,
        enforceQuota: env.ENFORCE_QUOTA,
        superDigest: env.SUPER_DIGEST,
        limits: this.#limits,
        randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
        sha1Base64: (text) => createHash("sha1").update(text, "utf8").digest("base64"),
        onTouched: (channel, nowMs) => {
          this.#endHandshake(channel);
          this.#hibernation.save(channel, nowMs);
        },
      },
      watches,
    );
    this.#batches = new BatchLoop({
      subtree: this.#subtree,
      sync: () => storage.sync(),
      waitUntil: (promise) => ctx.waitUntil(promise),
      onBatch: () => {
        this.#sql.settle();
        this.#wakeWaiting();
      },
      onError: (error) => this.#startOver(error),
    });
    this.#calls = new CallService(
      new CallChannels({
        subtree: this.#subtree,
        store: this.#store,
        batches: this.#batches,
        requestBytesMax: this.#limits.requestBytesMax,
        onError: (error) => this.#startOver(error),
      }),
    );
    this.#admin = new SubtreeAdmin({
      env,
      namespace: ctx.id.name ?? "",
      sessionTimeouts,
      limits: this.#limits,
      store: this.#store,
      subtree: this.#subtree,
      channels: () => [...this.#tcpChannels, ...this.#webSocketChannels.values()],
      startedMs: this.#startedMs,
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    void ctx.blockConcurrencyWhile(async () => {
      await this.#alarms.start();
      this.#recover(Date.now());
    });
  }

  /** Upgrades to a WebSocket that carries frames. */
  override fetch(request: Request): Response {
    this.#events.upgrades += 1;
    const { 0: client, 1: server } = new WebSocketPair();
    const address = request.headers.get(CLIENT_ADDRESS_HEADER) ?? UNKNOWN_ADDRESS;
    if (this.#isCrowded(address)) return new Response("too many connections", { status: 429 });
    this.ctx.acceptWebSocket(server);
    const nowMs = Date.now();
    const grant = grantIn(request);
    const channel = new Channel(new WebSocketTransport(server), address, { nowMs, grant });
    this.#addWebSocket(server, channel);
    this.#hibernation.adopt(channel, nowMs);
    this.#expectHandshake(channel);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Serves one TCP connection until it ends. */
  override async connect(socket: Socket): Promise<void> {
    this.#events.tcpConnections += 1;
    const { localAddress } = await socket.opened;
    const transport = new TCPTransport(socket);
    const remote = localAddress ?? UNKNOWN_ADDRESS;
    // A TCP client has nowhere to present a token but in an auth, after its handshake.
    const grant = this.env.ACCESS === "open" ? undefined : UNPROVEN;
    const channel = new Channel(transport, hostOf(remote), { remote, grant, nowMs: Date.now() });
    if (this.#isCrowded(channel.address)) {
      // As ZooKeeper does past maxClientCnxns: without a word.
      this.#subtree.statistics.connectionsRejected += 1;
      transport.close();
    } else {
      this.#addresses.add(channel.address);
      this.#tcpChannels.add(channel);
      await this.#serve(channel, transport);
      this.#tcpChannels.delete(channel);
      this.#addresses.remove(channel.address);
    }
    await transport.closed;
  }

  /** Takes what a TCP client sends, until it has nothing more to say. */
  async #serve(channel: Channel, transport: TCPTransport): Promise<void> {
    transport.onDrain = () => this.#onDrain(channel);
    this.#expectHandshake(channel);
    const reader = new ChunkReader(transport.readable);
    const decoder = new FrameDecoder(this.#limits.requestBytesMax);
    const frames: Uint8Array[] = [];
    try {
      const first = await this.#readOpening(channel, reader);
      for (let chunk = first; chunk !== undefined; chunk = await reader.next()) {
        const isIntact = decoder.push(chunk, frames);
        if (frames.length > 0) this.#receive(channel, frames);
        frames.length = 0;
        const settled = this.#heldFrames.settled(channel);
        if (settled !== undefined) await settled;
        if (!isIntact || channel.closed) break;
        if (this.#subtree.isHeld(channel)) await this.#whenRead(channel);
      }
    } catch {
      // The connection broke, which is one more way for it to end.
    }
    this.#countDropped(channel);
    this.#receive(channel, []);
  }

  /** Reads how a connection begins; undefined when it has ended, or has been answered with what a word asks for. */
  async #readOpening(channel: Channel, reader: ChunkReader): Promise<Uint8Array | undefined> {
    const opening = new ConnectionOpening();
    for (let chunk = await reader.next(); chunk !== undefined; chunk = await reader.next()) {
      const opened = opening.push(chunk);
      if (opened.kind === "frames") return opened.bytes;
      if (opened.kind === "word") {
        this.#subtree.statistics.received(channel.statistics, opened.said.word.length);
        channel.transport.send(this.#admin.answerWord(opened.said, channel));
        return undefined;
      }
    }
    return undefined;
  }

  /** Answers `/commands/<name>` of the AdminServer, or with its list of commands. */
  adminCommand(name: string, query: ReadonlyMap<string, string>, path: string): AdminResponse {
    this.#events.calls += 1;
    return this.#admin.runCommand(name, query, path);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#events.webSocketMessages += 1;
    const channel = this.#channelOf(socket);
    if (channel === undefined || channel.closed) return;
    const frames: Uint8Array[] = [];
    const decoder = new FrameDecoder(this.#limits.requestBytesMax);
    // Frames do not span messages: the object may forget everything between two of them.
    const isIntact =
      typeof message !== "string" &&
      decoder.push(new Uint8Array(message), frames) &&
      decoder.pendingBytes === 0;
    if (frames.length > 0) this.#receive(channel, frames);
    if (isIntact) return;
    channel.closeCode = UNSUPPORTED_DATA;
    this.#hearHeartbeat(socket, channel);
    this.#receive(channel, []);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#events.webSocketCloses += 1;
    // A socket whose close woke the object is not among those that it woke up with.
    const channel = this.#channelOf(socket) ?? this.#restore(socket);
    new WebSocketTransport(socket).close(code, reason);
    if (channel !== undefined) {
      this.#countDropped(channel);
      this.#hearHeartbeat(socket, channel);
      this.#receive(channel, []);
    }
    if (channel !== undefined && this.#webSocketChannels.delete(socket)) {
      this.#addresses.remove(channel.address);
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.webSocketClose(socket, 1006, "");
  }

  override alarm(): void {
    this.#events.alarms += 1;
    try {
      for (const [socket, channel] of this.#webSocketChannels) this.#hearHeartbeat(socket, channel);
      this.#subtree.runAlarm(Date.now());
    } catch (error) {
      this.#startOver(error);
    }
  }

  /**
   * Performs a call of somebody without a connection. Rejects when the object is reset meanwhile: then nobody knows what
   * became of it.
   */
  perform(caller: Caller, call: Call): Promise<CallResult> {
    this.#events.calls += 1;
    return this.#calls.perform(caller, call);
  }

  /** As `perform`, for a call that waits, or holds something: it ends when the caller disposes of it, or goes away. */
  begin(caller: Caller, call: Call, mode: GuardMode = "giveBack"): GuardedCall {
    this.#events.calls += 1;
    return CallGuard.begin(call, mode, (what, signal) => this.#calls.perform(caller, what, signal));
  }

  /** Proves that the object runs and its storage answers. */
  health(): void {
    this.#events.calls += 1;
    this.#store.touch();
  }

  /** What it did since it was constructed, this call included. */
  counters(): Counters {
    this.#events.calls += 1;
    return {
      startedMs: this.#startedMs,
      rowsWritten: this.#store.rowsWritten,
      rowsRead: this.#sql.rowsRead,
      ...this.#subtree.counters,
      ...this.#events,
    };
  }

  #recover(nowMs: number): void {
    for (const socket of this.ctx.getWebSockets()) this.#restore(socket);
    const attached = [...this.#webSocketChannels.values()].map((channel) => channel.sessionId);
    this.#store.deleteSpilledWatchesExcept(attached);
    this.#subtree.recover(nowMs);
  }

  /** Takes up a socket that hibernated; undefined when it, or its session, had been given up before. */
  #restore(socket: WebSocket): Channel | undefined {
    const restored = this.#hibernation.restore(socket);
    if (restored === undefined) return undefined;
    const { channel, sessionId, heardMs } = restored;
    if (this.#subtree.sessions.channelOf(sessionId) !== undefined) {
      this.#subtree.watches.removeWatcher(channel);
      return undefined;
    }
    this.#addWebSocket(socket, channel);
    const session = this.#store.getSession(sessionId);
    if (session === undefined) this.#expectHandshake(channel);
    else this.#subtree.sessions.attach(session, channel, heardMs);
    this.#hearHeartbeat(socket, channel);
    return channel;
  }

  /** Text pings are answered by the platform, which notes only when. */
  #hearHeartbeat(socket: WebSocket, channel: Channel): void {
    const pingedAt = this.ctx.getWebSocketAutoResponseTimestamp(socket);
    if (pingedAt === null || channel.session === undefined) return;
    channel.session.heardMs = Math.max(channel.session.heardMs, pingedAt.getTime());
  }

  /** Counts a client that ends its connection but not its session. */
  #countDropped(channel: Channel): void {
    const { statistics } = this.#subtree;
    if (channel.session !== undefined && !channel.closed) statistics.connectionsDropped += 1;
  }

  #addWebSocket(socket: WebSocket, channel: Channel): void {
    this.#webSocketChannels.set(socket, channel);
    this.#addresses.add(channel.address);
  }

  #isCrowded(address: string): boolean {
    return this.#addresses.countOf(address) >= this.#limits.connectionsPerAddressMax;
  }

  #channelOf(socket: WebSocket): Channel | undefined {
    return this.#webSocketChannels.get(socket);
  }

  #expectHandshake(channel: Channel): void {
    const timer = setTimeout(() => {
      this.#subtree.statistics.sessionlessConnectionsExpired += 1;
      this.#receive(channel, []);
    }, HANDSHAKE_MS);
    this.#handshakes.set(channel, timer);
  }

  /** Stops the clock of a channel that has its session, or is gone: a timer would keep the object awake. */
  #endHandshake(channel: Channel): void {
    if (channel.session === undefined && !channel.closed) return;
    clearTimeout(this.#handshakes.get(channel) ?? null);
    this.#handshakes.delete(channel);
  }

  /** Waits while the client does not read its replies: it must not fill the memory with more requests. */
  async #whenRead(channel: Channel): Promise<void> {
    while (this.#subtree.isHeld(channel) && !channel.closed) {
      await new Promise<void>((resolve) => this.#waiting.set(channel, resolve));
    }
  }

  #onDrain(channel: Channel): void {
    if (this.#subtree.drained(channel)) this.#batches.schedule();
    this.#waiting.get(channel)?.();
    this.#waiting.delete(channel);
  }

  /** Lets those look again who waited because they had too many requests waiting. */
  #wakeWaiting(): void {
    for (const resolve of this.#waiting.values()) resolve();
    this.#waiting.clear();
  }

  /** Takes what has arrived over a channel; no frame at all stands for the end of what it will send. */
  #receive(channel: Channel, frames: readonly Uint8Array[]): void {
    this.#heldFrames.push(channel, frames.length === 0 ? [undefined] : frames);
  }

  /** Queues frames for a batch. */
  #pass(channel: Channel, frames: readonly (Uint8Array | undefined)[]): void {
    const nowMs = Date.now();
    for (const frame of frames) this.#subtree.receive(channel, frame, nowMs);
    this.#batches.schedule(channel);
  }

  /** What a token proves in this namespace. */
  async #verify(token: string): Promise<Proof | undefined> {
    const verdict = await verifyToken(token, this.env, Date.now());
    if (verdict.kind !== "accepted") return undefined;
    const { scope } = verdict;
    if (scope === undefined) return { grant: undefined };
    return isFor(scope, this.ctx.id.name ?? "") ? { grant: scope.grant } : undefined;
  }

  /** What went wrong unexpectedly may have left memory and storage different: only a fresh start is safe. */
  #startOver(error: unknown): void {
    console.error("the subtree object starts over:", error);
    this.ctx.abort("unexpected error in a batch");
  }
}

/** What the door lets a WebSocket do, as the Worker says it. */
function grantIn(request: Request): Grant | undefined {
  const header = request.headers.get(GRANT_HEADER);
  return header === null ? undefined : (JSON.parse(decodeURIComponent(header)) as Grant);
}

/** `127.0.0.1` of `127.0.0.1:4711`, also where an IPv4 address is written as an IPv6 one. */
function hostOf(address: string): string {
  const host = address.slice(0, Math.max(0, address.lastIndexOf(":")));
  return host.replace(/^\[(.*)\]$/, "$1").replace(/^::ffff:/i, "");
}
