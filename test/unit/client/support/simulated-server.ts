/**
 * Our state machine behind a network that delays, cuts and swallows, all of it in the time of a fake clock and by the
 * choices of one seed.
 */
import type {
  OpenTransport,
  Transport,
  TransportListener,
} from "../../../../src/client/transport/transport.ts";
import { createSystemZnodes } from "../../../../src/core/data-tree.ts";
import {
  decodeFrame,
  handleFrame,
  readHandshake,
  writeHandshake,
} from "../../../../src/core/frame-handler.ts";
import { MemoryStore } from "../../../../src/core/memory-store.ts";
import { defaultSessionTimeouts, SessionTracker } from "../../../../src/core/session-tracker.ts";
import { type Client, StateMachine, type StepContext } from "../../../../src/core/state-machine.ts";
import { type Watcher, WatchManager } from "../../../../src/core/watch-manager.ts";
import { FrameDecoder } from "../../../../src/protocol/frame-decoder.ts";
import { JuteWriter } from "../../../../src/protocol/jute-writer.ts";
import { writeNotificationFrame } from "../../../../src/protocol/records.ts";
import type { Random } from "../../../process/support/random.ts";
import { seededRandomBytes, sha1Base64, START_MS } from "../../core/harness.ts";
import type { FakeClock } from "./fake-clock.ts";

const TICK_MS = 500;
const DELAY_MS_MAX = 20;

export class SimulatedServer {
  readonly store = new MemoryStore();
  readonly sessions = new SessionTracker(TICK_MS);
  readonly watches = new WatchManager();
  readonly clock: FakeClock;
  readonly random: Random;
  /** What the network does to messages and to new connections. */
  network: "pass" | "refuse" | "silence" = "pass";
  readonly #machine: StateMachine;
  readonly #connections = new Set<SimulatedConnection>();
  readonly #owners = new Map<number, SimulatedConnection>();

  constructor(clock: FakeClock, random: Random) {
    this.clock = clock;
    this.random = random;
    createSystemZnodes(this.store);
    this.#machine = new StateMachine({
      store: this.store,
      watches: this.watches,
      sessionTimeouts: defaultSessionTimeouts(TICK_MS),
      randomBytes: seededRandomBytes(random.below(2 ** 31)),
      sha1Base64,
    });
    this.#tick();
  }

  /** With heartbeats as texts, or as frames. */
  transport({ hasHeartbeat }: { hasHeartbeat: boolean }): OpenTransport {
    return (_address, listener) => {
      const connection = new SimulatedConnection(this, listener, hasHeartbeat);
      this.#connections.add(connection);
      return connection;
    };
  }

  get nowMs(): number {
    return START_MS + this.clock.now();
  }

  /** Cuts connections; of what is on its way, a random part arrives first. */
  cut(): void {
    for (const connection of this.#connections) if (this.random.below(2) === 0) connection.cut();
  }

  expireOne(): void {
    const session = this.random.pick([...this.sessions.values()]);
    if (session !== undefined) this.#expire(session.id);
  }

  /** Loses every connection, and gives all sessions a fresh timeout, as a restart does. */
  restart(): void {
    for (const connection of this.#connections) connection.end("the server restarts");
    for (const session of this.sessions.values()) session.heardMs = this.nowMs;
  }

  connect(connection: SimulatedConnection, frame: Uint8Array): void {
    const request = readHandshake(frame);
    if (request === undefined) throw new Error("not a handshake");
    const outcome = this.#machine.connect(request, this.nowMs);
    if (outcome.kind === "ahead") throw new Error("a client that is ahead");
    if (outcome.kind === "expired") {
      writeHandshake(connection.out, request, undefined);
      connection.flush();
      connection.end("expired");
      return;
    }
    const { session } = outcome;
    this.#owners.get(session.id)?.end("moved");
    writeHandshake(connection.out, request, session);
    connection.sessionId = session.id;
    this.#owners.set(session.id, connection);
    this.sessions.track(session.id, session.timeoutMs, this.nowMs);
    connection.flush();
  }

  handle(connection: SimulatedConnection, frame: Uint8Array): void {
    this.hear(connection);
    const context = this.#context();
    const result = handleFrame(
      this.#machine,
      connection,
      decodeFrame(frame),
      connection.out,
      context,
    );
    if (result === "sessionClosed") this.sessions.forget(connection.sessionId);
    this.#flush();
    if (result !== "open") connection.end("done");
  }

  hear(connection: SimulatedConnection): void {
    const session = this.sessions.get(connection.sessionId);
    if (session !== undefined) session.heardMs = this.nowMs;
  }

  forget(connection: SimulatedConnection): void {
    this.#connections.delete(connection);
    this.watches.removeWatcher(connection);
    const { sessionId } = connection;
    if (this.#owners.get(sessionId) === connection) this.#owners.delete(sessionId);
  }

  #expire(id: number): void {
    this.sessions.forget(id);
    this.#machine.closeSession(id, this.#context());
    this.#flush();
    this.#owners.get(id)?.end("expired");
  }

  #tick(): void {
    for (const id of this.sessions.expiredAt(this.nowMs)) this.#expire(id);
    this.clock.startTimer(() => this.#tick(), TICK_MS - (this.nowMs % TICK_MS));
  }

  #flush(): void {
    for (const connection of this.#connections) connection.flush();
  }

  #context(): StepContext {
    return {
      nowMs: this.nowMs,
      notify: (watcher: Watcher, type, path) =>
        writeNotificationFrame((watcher as SimulatedConnection).out, type, path),
    };
  }
}

export class SimulatedConnection implements Transport, Client {
  readonly address = "127.0.0.1";
  authIds = [];
  sessionId = 0;
  readonly out = new JuteWriter();
  readonly sendHeartbeat: (() => void) | undefined;
  readonly #server: SimulatedServer;
  readonly #listener: TransportListener;
  #isEnded = false;
  #isClosedByClient = false;
  #isShaken = false;
  /** A message was swallowed: as in a stream of bytes, nothing can come behind it. */
  #isSwallowed = false;
  /** Messages do not overtake each other. */
  #serverAtMs = 0;
  #clientAtMs = 0;

  constructor(server: SimulatedServer, listener: TransportListener, hasHeartbeat: boolean) {
    this.#server = server;
    this.#listener = listener;
    this.sendHeartbeat = hasHeartbeat ? () => this.#beat() : undefined;
    if (server.network === "refuse") {
      this.end("refused");
      return;
    }
    this.#toClient(() => listener.onOpen());
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const frames: Uint8Array[] = [];
    if (!new FrameDecoder(2 ** 30).push(bytes, frames)) throw new Error("bad frame");
    for (const frame of frames) {
      this.#toServer(() => {
        if (this.#isShaken) this.#server.handle(this, frame);
        else {
          this.#isShaken = true;
          this.#server.connect(this, frame);
        }
      });
    }
  }

  close(): void {
    this.#isClosedByClient = true;
    this.#toServer(() => this.end("closed by the client"));
  }

  /** Ends in the middle: of what is under way to either side, some still arrives. */
  cut(): void {
    const { clock, random } = this.#server;
    clock.startTimer(() => this.end("cut"), random.below(DELAY_MS_MAX));
  }

  /** The server's end is over; what it has sent before arrives. */
  end(reason: string): void {
    if (this.#isEnded) return;
    this.#toClient(() => this.#listener.onClose(reason));
    this.#isEnded = true;
    this.#server.forget(this);
  }

  /** Sends what the server has written. */
  flush(): void {
    if (this.out.length === 0) return;
    const bytes = this.out.take();
    this.#toClient(() => this.#listener.onBytes(bytes));
  }

  #beat(): void {
    this.#toServer(() => {
      this.#server.hear(this);
      this.#toClient(() => this.#listener.onHeartbeat());
    });
  }

  #toServer(deliver: () => void): void {
    this.#isSwallowed ||= this.#server.network === "silence";
    if (this.#isSwallowed) return;
    const { clock, random } = this.#server;
    this.#serverAtMs = Math.max(this.#serverAtMs, clock.now() + random.below(DELAY_MS_MAX));
    clock.startTimer(() => {
      if (!this.#isEnded) deliver();
    }, this.#serverAtMs - clock.now());
  }

  #toClient(deliver: () => void): void {
    this.#isSwallowed ||= this.#server.network === "silence";
    if (this.#isSwallowed || this.#isEnded) return;
    const { clock, random } = this.#server;
    this.#clientAtMs = Math.max(this.#clientAtMs, clock.now() + random.below(DELAY_MS_MAX));
    clock.startTimer(() => {
      if (!this.#isClosedByClient) deliver();
    }, this.#clientAtMs - clock.now());
  }
}
