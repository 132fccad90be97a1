/**
 * What every test of bad input has around it: a server, a session that is probed with bytes, and a witness that must
 * not notice.
 */
import { expect } from "vitest";
import { JuteReader } from "../../../src/protocol/jute-reader.ts";
import { OpCode, ReservedXid } from "../../../src/protocol/op-code.ts";
import { readReplyHeader, readWatcherEvent, type Zxid } from "../../../src/protocol/records.ts";
import {
  type EdgekeeperServer,
  isRunning,
  startEdgekeeper,
} from "../../support/edgekeeper-server.ts";
import type { Address } from "./tcp-connection.ts";
import { concat, encodeRequest } from "./wire-bytes.ts";
import { SessionRefused, WireSession } from "./wire-session.ts";

const EVENT_NAMES = ["", "Created", "Deleted", "DataChanged", "ChildrenChanged"];

export class BadInputBench implements AsyncDisposable {
  readonly server: EdgekeeperServer;
  readonly address: Address;
  /** A session for preparations. It never misbehaves. */
  readonly control: WireSession;
  readonly #witness: WireSession;
  #probe: WireSession;

  private constructor(server: EdgekeeperServer, sessions: readonly WireSession[]) {
    const [control, witness, probe] = sessions as [WireSession, WireSession, WireSession];
    this.server = server;
    this.address = addressOf(server);
    this.control = control;
    this.#witness = witness;
    this.#probe = probe;
  }

  static async start(tickTimeMs = 2_000): Promise<BadInputBench> {
    const server = await startEdgekeeper({ tickTimeMs });
    const open = (): Promise<WireSession> =>
      WireSession.open(addressOf(server), { timeoutMs: 20 * tickTimeMs });
    const bench = new BadInputBench(server, [await open(), await open(), await open()]);
    await bench.control.create("/witness");
    await bench.control.create("/witness/watched");
    await bench.#witness.create("/witness/ephemeral", "", 1);
    await bench.#witness.getData("/witness/watched", true);
    return bench;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    expect(await this.server.stop()).toBe(0);
    // Nothing that a client sends is an error of the server.
    expect(this.server.output()).not.toMatch(/error|exception|starts over|warning/i);
  }

  /** The session that is probed. A new one when the last did not survive. */
  get probe(): WireSession {
    return this.#probe;
  }

  /**
   * Sends bytes over the probed session, and a ping behind them, and tells what came of it in the notation of the
   * tables: replies and events, whether the connection stayed open, whether the session survived, zxids used.
   */
  async send(...frames: readonly Uint8Array[]): Promise<string> {
    await this.#ensureProbe();
    const before = await this.#probe.ping();
    const { connection } = this.#probe;
    const mark = connection.frames.length;
    connection.write(concat(...frames, encodeRequest(ReservedXid.ping, { type: OpCode.ping })));
    const ownPings = frames.filter(isPing).length;
    await connection.until("the reply to the ping, or the end", () =>
      connection.end !== undefined ||
      connection.frames.slice(mark).filter(isPingReply).length > ownPings
        ? true
        : undefined,
    );
    const replies = connection.frames.slice(mark);
    const isOpen = connection.end === undefined;
    if (isOpen) replies.splice(replies.findLastIndex(isPingReply), 1);
    const texts = replies.map((reply) => describeFrame(reply, before));
    const state = isOpen ? "open" : `closed ${connection.end}`;
    const survives = isOpen || (await this.#ensureProbe());
    const used = survives ? (await this.#probe.ping()) - before : Number.NaN;
    return `${texts.join(" ; ")} | ${state} | ${survives ? `+${used}` : "session gone"}`.trim();
  }

  /** Fails when anything that happened reached the witness, or the process. */
  async expectUntouched(): Promise<void> {
    const witness = this.#witness;
    expect(witness.end, "the witness's connection").toBeUndefined();
    const events = (): number => witness.log.filter((entry) => entry.kind === "event").length;
    const before = events();
    await this.control.setData("/witness/watched", "again");
    await witness.connection.until("the witness's event", () => events() > before || undefined);
    const { data } = await witness.getData("/witness/watched", true);
    expect({ data, events: events() - before }).toEqual({ data: "again", events: 1 });
    const ephemeral = await this.control.exists("/witness/ephemeral");
    expect(ephemeral?.ephemeralOwner, "the witness's ephemeral").toBe(witness.sessionId);
    expect(isRunning(this.server.workerdPid), "workerd runs").toBe(true);
  }

  /** Returns whether the session is still the same. */
  async #ensureProbe(): Promise<boolean> {
    if (this.#probe.end === undefined) return true;
    try {
      const lastZxidSeen = this.#probe.lastZxid;
      this.#probe = await WireSession.open(this.address, { resume: this.#probe, lastZxidSeen });
      return true;
    } catch (error) {
      if (!(error instanceof SessionRefused)) throw error;
      this.#probe = await WireSession.open(this.address);
      return false;
    }
  }
}

export function addressOf(server: EdgekeeperServer): Address {
  return { host: server.host, port: server.zkPort };
}

/** `xid=5 zxid=z0+1 err=0 68B`, or `EVENT[DataChanged /n]`. */
export function describeFrame(payload: Uint8Array, z0: Zxid): string {
  const reader = new JuteReader(payload);
  const { xid, zxid, err } = readReplyHeader(reader);
  if (xid === ReservedXid.notification && zxid === -1 && err === 0) {
    const { type, path } = readWatcherEvent(reader);
    return `EVENT[${EVENT_NAMES[type]} ${path}]`;
  }
  const zxidText = zxid <= 0 ? `${zxid}` : zxid === z0 ? "z0" : `z0+${zxid - z0}`;
  const body = reader.remaining === 0 ? "" : ` ${reader.remaining}B`;
  return `xid=${xid} zxid=${zxidText} err=${err}${body}`;
}

function isPing(frame: Uint8Array): boolean {
  return frame.length >= 12 && new JuteReader(frame.subarray(8)).readInt() === OpCode.ping;
}

function isPingReply(payload: Uint8Array): boolean {
  const reader = new JuteReader(payload);
  const { xid, err } = readReplyHeader(reader);
  return xid === ReservedXid.ping && err === 0 && reader.remaining === 0;
}
