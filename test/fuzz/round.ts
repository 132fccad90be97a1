/**
 * One round: a world, and some attackers who send it spoiled frames, cut into chunks at random. After every frame the
 * world is looked at.
 */
import { isDeepStrictEqual } from "node:util";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { SessionId } from "../../src/protocol/records.ts";
import { Random } from "../process/support/random.ts";
import { Finding, type FuzzConnection } from "./connection.ts";
import { Corpus } from "./corpus.ts";
import { join, mutate } from "./mutations.ts";
import {
  checkAnswer,
  checkHandshake,
  checkRequest,
  type Output,
  outputOf,
} from "./reply-checks.ts";
import type { Handled } from "./server.ts";
import { World } from "./world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const ATTACKERS = 3;
/** A frame takes microseconds. One that takes this long does something that grows much faster than it does. */
const FRAME_MS_MAX = 1_000;
const FRAME_BYTES_MAX = 0xfffff;
/** Frames up to this size are also written again. */
const REWRITTEN_BYTES_MAX = 65_536;

/** What happened, to tell whether enough did. */
export interface Tally {
  /** Frames that the server has handled, most of them spoiled. */
  frames: number;
  /** Frames that were sent; what is sent behind the end of a connection is lost. */
  sent: number;
  bytes: number;
  /** By their outcome: `op 4 error -101`, `op 8 malformed`, `handshake opened`. */
  readonly outcomes: Map<string, number>;
  slowestMs: number;
}

interface Attacker {
  readonly name: string;
  connection: FuzzConnection | undefined;
  session: SessionId;
  passwd: Uint8Array;
  /** What has arrived behind the last whole frame. */
  pending: Uint8Array;
}

export class Round {
  readonly #random: Random;
  readonly #world: World;
  readonly #corpus: Corpus;
  readonly #tally: Tally;
  readonly #attackers: readonly Attacker[];
  /** The last frames, to be told with a finding. */
  readonly #recent: string[] = [];

  constructor(seed: number, tally: Tally) {
    this.#random = new Random(seed);
    this.#tally = tally;
    this.#corpus = new Corpus(this.#random);
    this.#world = new World(this.#random, { isLimited: this.#random.below(2) === 0 });
    this.#attackers = Array.from({ length: ATTACKERS }, (_, i) => ({
      name: `attacker ${i}`,
      connection: undefined,
      session: 0,
      passwd: new Uint8Array(16),
      pending: new Uint8Array(0),
    }));
  }

  /** Sends until the server has handled so many frames, and throws a finding with the last of them. */
  play(frames: number): void {
    try {
      const end = this.#tally.frames + frames;
      while (this.#tally.frames < end) this.#step();
    } catch (error) {
      const what = error instanceof Finding ? error.message : "an exception";
      throw new Finding(`${what}\nthe last frames:\n  ${this.#recent.join("\n  ")}`, {
        cause: error,
      });
    }
  }

  #step(): void {
    const random = this.#random;
    const attacker = random.pick(this.#attackers) as Attacker;
    switch (random.below(24)) {
      case 0:
        return this.#world.live();
      case 1:
        this.#world.server.nowMs += random.below(5_000);
        if (random.below(20) === 0) this.#expire(attacker);
        return undefined;
      case 2:
        if (random.below(8) === 0) this.#hangUp(attacker);
        return undefined;
      default:
        return this.#send(attacker, this.#burst(attacker));
    }
  }

  /** Some frames with their lengths, one behind the other. */
  #burst(attacker: Attacker): Bytes {
    const random = this.#random;
    const parts: Bytes[] = [];
    if (attacker.connection === undefined) parts.push(withLength(this.#handshake(attacker)));
    const count = 1 + random.below(6);
    for (let i = 0; i < count; i++) {
      const frame = this.#corpus.frame();
      const isSpoiled = random.below(4) > 0;
      const sent = isSpoiled ? mutate(frame, random, () => this.#corpus.frame()) : frame;
      parts.push(random.below(60) === 0 ? this.#withWrongLength(sent) : withLength(sent));
    }
    this.#tally.sent += count;
    return join(...parts);
  }

  #handshake({ session, passwd }: Attacker): Bytes {
    const random = this.#random;
    // Whose session an ephemeral is of can be seen by everybody, and is no secret.
    const theirs = random.pick([this.#world.victim, this.#world.bystander])?.sessionId ?? 0;
    const id = random.pick([0, session, session, session, theirs]) ?? 0;
    const frame = this.#corpus.handshake(id, passwd);
    return random.below(6) === 0 ? mutate(frame, random, () => this.#corpus.frame()) : frame;
  }

  /** Cuts bytes into chunks, and lets them arrive. */
  #send(attacker: Attacker, bytes: Bytes): void {
    const { server } = this.#world;
    const connection = attacker.connection ?? server.open(attacker.name, "10.0.0.1");
    if (connection !== attacker.connection) attacker.pending = new Uint8Array(0);
    attacker.connection = connection;
    this.#tally.bytes += bytes.length;
    for (let at = 0; at < bytes.length && !connection.closed;) {
      const length = this.#chunkLength(bytes.length - at);
      this.#receive(attacker, connection, bytes.slice(at, at + length));
      at += length;
    }
    // Also another's connection may be closed by now, when its session was taken over.
    for (const one of this.#attackers) if (one.connection?.closed) one.connection = undefined;
  }

  #chunkLength(left: number): number {
    const random = this.#random;
    return random.below(2) === 0
      ? left
      : 1 + random.below(Math.min(left, random.pick([3, 40, 4_000]) ?? 1));
  }

  /** Everything that the decoder cuts out is handled, and is what anybody would cut out. */
  #receive(attacker: Attacker, connection: FuzzConnection, chunk: Bytes): void {
    const frames: Uint8Array[] = [];
    const isGood = connection.decoder.push(chunk, frames);
    const expected = cutFrames(Buffer.concat([attacker.pending, chunk]));
    attacker.pending = expected.rest;
    if (isGood !== expected.isGood) throw new Finding(`the decoder says ${isGood}`);
    if (frames.length !== expected.frames.length) {
      throw new Finding(`${frames.length} frames, not ${expected.frames.length}`);
    }
    for (const [i, frame] of frames.entries()) {
      if (Buffer.compare(frame, expected.frames[i] as Uint8Array) !== 0) {
        throw new Finding("a frame with other bytes than were sent");
      }
      if (!connection.closed) this.#handle(attacker, connection, frame);
    }
    if (!isGood && !connection.closed) this.#world.server.close(connection);
  }

  #handle(attacker: Attacker, connection: FuzzConnection, frame: Uint8Array): void {
    const { machine, store } = this.#world.server;
    this.#remember(connection, frame);
    const before = machine.lastZxid;
    const totals = store.subtreeTotals("/");
    const startMs = performance.now();
    const handled = this.#world.server.handle(connection, frame);
    const tookMs = performance.now() - startMs;
    this.#tally.frames += 1;
    this.#tally.slowestMs = Math.max(this.#tally.slowestMs, tookMs);
    if (tookMs > FRAME_MS_MAX) throw new Finding(`${Math.round(tookMs)} ms for a frame`);
    const own = this.#world.check(connection);
    if (handled.kind === "handshake") {
      this.#checkHandshake(attacker, connection, handled, own);
      return;
    }
    const output = outputOf(own);
    checkAnswer(handled.frame, handled.result, output, { before, after: machine.lastZxid });
    this.#count(handled, output);
    if (
      isFailed(handled.frame?.type, output) &&
      !isDeepStrictEqual(store.subtreeTotals("/"), totals)
    ) {
      throw new Finding("a request that failed has changed something");
    }
    const request = handled.frame?.request;
    if (
      request !== undefined &&
      typeof request !== "string" &&
      frame.length <= REWRITTEN_BYTES_MAX
    ) {
      checkRequest(request, frame.subarray(8));
    }
  }

  #checkHandshake(
    attacker: Attacker,
    connection: FuzzConnection,
    { outcome }: Handled & { kind: "handshake" },
    own: Uint8Array,
  ): void {
    const isAnswered = outcome !== undefined && outcome.kind !== "ahead";
    checkHandshake(own, isAnswered);
    this.#increment(`handshake ${outcome?.kind ?? "malformed"}`);
    if (outcome?.kind !== "opened" && outcome?.kind !== "resumed") {
      if (!connection.closed) throw new Finding("a connection without a session lives on");
      return;
    }
    const { id } = outcome.session;
    if (!this.#world.isAttackers(id)) throw new Finding("a session was taken over");
    attacker.session = id;
    attacker.passwd = outcome.session.passwd;
  }

  #expire(attacker: Attacker): void {
    if (attacker.session === 0 || !this.#world.isAttackers(attacker.session)) return;
    this.#world.server.expire(attacker.session);
    this.#world.check(undefined);
    for (const one of this.#attackers) if (one.connection?.closed) one.connection = undefined;
    this.#increment("expiry");
  }

  #hangUp(attacker: Attacker): void {
    if (attacker.connection !== undefined) this.#world.server.close(attacker.connection);
    attacker.connection = undefined;
  }

  #withWrongLength(frame: Bytes): Bytes {
    const random = this.#random;
    const near = frame.length + random.below(9) - 4;
    const wrong = random.pick([near, near, 0, 3, -1, 0x7fffffff, FRAME_BYTES_MAX + 1, 2_000]) ?? 0;
    return join(int32(wrong), frame);
  }

  #remember({ name }: FuzzConnection, frame: Uint8Array): void {
    const hex = Buffer.from(frame.subarray(0, 200)).toString("hex");
    this.#recent.push(`${name}: ${hex}${frame.length > 200 ? `… (${frame.length} bytes)` : ""}`);
    if (this.#recent.length > 12) this.#recent.shift();
  }

  #count({ frame }: Handled & { kind: "request" }, output: ReturnType<typeof outputOf>): void {
    if (frame === undefined) return this.#increment("no header");
    if (typeof frame.request === "string") return this.#increment(frame.request);
    const reply = output.at(-1);
    const err = reply?.kind === "reply" ? reply.header.err : "silence";
    if (output.length > 1) this.#increment("events for oneself");
    return this.#increment(`op ${frame.type} error ${err}`);
  }

  #increment(what: string): void {
    const { outcomes } = this.#tally;
    outcomes.set(what, (outcomes.get(what) ?? 0) + 1);
  }
}

/** Whether a request was refused as a whole, or failed in the middle. */
function isFailed(type: number | undefined, output: readonly Output[]): boolean {
  const reply = output.at(-1);
  if (reply?.kind !== "reply") return false;
  // A multi that failed begins with the result of an error, also when it is that of an op which did not fail.
  if (reply.header.err !== 0) return true;
  return type === OpCode.multi && Buffer.from(reply.body).readInt32BE(0) === OpCode.error;
}

export function emptyTally(): Tally {
  return { frames: 0, sent: 0, bytes: 0, outcomes: new Map(), slowestMs: 0 };
}

/** Frames of a round. A world that lives too long fills up. */
const ROUND_FRAMES = 1_000;

/** Plays rounds until so many frames were handled. A finding says which round it came from. */
export function fuzz(
  seed: number,
  frames: number,
  firstRound = 0,
  onRound: (round: number, tally: Tally) => void = () => {},
): Tally {
  const tally = emptyTally();
  for (let round = firstRound; tally.frames < frames; round++) {
    try {
      // Rounds of neighbouring seeds have nothing in common.
      const roundSeed = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b)) >>> 0;
      new Round(roundSeed, tally).play(Math.min(ROUND_FRAMES, frames - tally.frames));
    } catch (error) {
      const again = `npm run fuzz -- --seed ${seed} --round ${round} --frames ${ROUND_FRAMES}`;
      throw new Finding(`${(error as Error).message}\nagain: ${again}`, { cause: error });
    }
    onRound(round, tally);
  }
  return tally;
}

/** What is in a stream so far, by the rule alone. */
function cutFrames(bytes: Buffer): { isGood: boolean; frames: Uint8Array[]; rest: Uint8Array } {
  const frames: Uint8Array[] = [];
  let at = 0;
  while (bytes.length - at >= 4) {
    const length = bytes.readInt32BE(at);
    if (length < 0 || length > FRAME_BYTES_MAX) return { isGood: false, frames, rest: bytes };
    if (bytes.length - at - 4 < length) break;
    frames.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return { isGood: true, frames, rest: bytes.subarray(at) };
}

function withLength(frame: Bytes): Bytes {
  return join(int32(frame.length), frame);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
