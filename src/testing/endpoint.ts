/**
 * One client's way to the server, and what a test does to it: connections that are lost, messages that are held or late.
 */
import type { Clock, OpenTransport, TransportListener } from "../client/index.ts";
import { Link } from "./link.ts";
import type { RequestTrap } from "./request-trap.ts";
import { ServerConnection } from "./server-connection.ts";
import type { ServerCore } from "./server-core.ts";

/** What becomes of requests that a lost connection had on their way to the server. */
export type LostRequests = "dropped" | "applied";

interface Wire {
  readonly connection: ServerConnection;
  readonly toServer: Link;
  readonly toClient: Link;
  readonly listener: TransportListener;
}

export class Endpoint {
  readonly #core: ServerCore;
  readonly #clock: Clock;
  readonly #delayMs: () => number;
  /** Connections that are not over for both sides: one, and earlier ones whose last messages are still on their way. */
  readonly #wires = new Set<Wire>();
  #isHeld = false;
  #trap: RequestTrap | undefined;

  constructor(core: ServerCore, clock: Clock, delayMs: () => number) {
    this.#core = core;
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  readonly open: OpenTransport = (_address, listener) => {
    const wire = this.#wire(listener);
    const { connection, toServer } = wire;
    this.#wires.add(wire);
    toServer.push(() => this.#accept(wire));
    return {
      send: (bytes) => toServer.push(() => this.#receive(wire, bytes)),
      sendHeartbeat: () =>
        toServer.push(() => {
          if (connection.isClosed) return;
          this.#core.beat(connection);
          wire.toClient.push(() => listener.onHeartbeat());
        }),
      close: () => {
        wire.toClient.clear();
        toServer.push(() => {
          this.#wires.delete(wire);
          this.#core.disconnect(connection);
        });
      },
    };
  };

  /** Holds back all messages, in both directions, and those of connections that are opened meanwhile. */
  hold(): void {
    this.#isHeld = true;
    this.#forEachLink((link) => link.hold());
  }

  /** Lets all that was held back go, in order. */
  release(): void {
    this.#isHeld = false;
    this.#forEachLink((link) => link.release());
  }

  /** Loses the connection, and all replies and events that are on their way. */
  lose(requests: LostRequests, reason: string): void {
    for (const wire of this.#wires) {
      if (requests === "applied") wire.toServer.flush();
      this.#cut(wire, reason);
    }
  }

  /** Loses the connection with the first message that the trap is for. */
  loseAt(trap: RequestTrap): void {
    this.#trap?.release();
    this.#trap = trap;
  }

  #wire(listener: TransportListener): Wire {
    const toServer = new Link(this.#clock, this.#delayMs, this.#isHeld);
    const toClient = new Link(this.#clock, this.#delayMs, this.#isHeld);
    const connection = new ServerConnection({
      send: (bytes) => toClient.push(() => listener.onBytes(bytes)),
      close: (reason) => {
        toClient.push(() => {
          this.#wires.delete(wire);
          listener.onClose(reason);
        });
      },
    });
    const wire = { connection, toServer, toClient, listener };
    return wire;
  }

  #accept(wire: Wire): void {
    const { connection, toClient, listener } = wire;
    if (!this.#core.isRunning) {
      connection.outlet.close("the server is stopped");
      connection.isClosed = true;
      return;
    }
    this.#core.accept(connection);
    toClient.push(() => listener.onOpen());
  }

  #receive(wire: Wire, bytes: Uint8Array): void {
    const trap = this.#trap;
    if (trap === undefined || wire.connection.sessionId === 0 || !trap.isFor(bytes)) {
      this.#core.receive(wire.connection, bytes);
      return;
    }
    this.#trap = undefined;
    if (trap.requests === "applied") this.#core.receive(wire.connection, bytes);
    this.#cut(wire, "the connection was lost");
    trap.release();
  }

  #cut(wire: Wire, reason: string): void {
    const { connection, toServer, toClient, listener } = wire;
    this.#wires.delete(wire);
    this.#core.disconnect(connection);
    toServer.clear();
    toClient.clear();
    queueMicrotask(() => listener.onClose(reason));
  }

  #forEachLink(act: (link: Link) => void): void {
    for (const { toServer, toClient } of this.#wires) {
      act(toServer);
      act(toClient);
    }
  }
}
