/**
 * What an attacker is among: victims, whose znodes, watches, sessions and connections are none of its business, with
 * secrets that it must never see; and a bystander, who watches what the attacker may change.
 *
 * All secrets of a world begin alike, so that one search finds any of them. They are data, names, a password and the
 * digest in an ACL.
 */
import { createHash } from "node:crypto";
import type { Znode } from "../../src/core/znode.ts";
import { JuteWriter } from "../../src/protocol/jute-writer.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { Id, SessionId } from "../../src/protocol/records.ts";
import { writeConnectRequest, writeRequestHeader } from "../../src/protocol/records.ts";
import { type Reply, readReply } from "../../src/protocol/replies.ts";
import { type Request, writeRequest } from "../../src/protocol/requests.ts";
import { JuteReader } from "../../src/protocol/jute-reader.ts";
import type { Random } from "../process/support/random.ts";
import {
  acl,
  addRecursiveWatch,
  addWatch,
  auth,
  container,
  create,
  createTTL,
  ephemeral,
  exists,
  getChildren,
  getData,
  remove,
  setACL,
  setData,
} from "../unit/core/request-builders.ts";
import { Finding, type FuzzConnection } from "./connection.ts";
import { checkAnswer, type Output, outputOf } from "./reply-checks.ts";
import { FuzzServer } from "./server.ts";

/** What may not change while somebody else acts. */
interface Belongings {
  readonly znodes: ReadonlyMap<string, Znode | undefined>;
  readonly authIds: readonly Id[];
  readonly watches: number;
}

export class World {
  readonly server: FuzzServer;
  readonly victim: FuzzConnection;
  readonly bystander: FuzzConnection;
  readonly #random: Random;
  readonly #tag: string;
  readonly #needles: readonly Buffer[];
  /** What the victim has put where. */
  readonly #vault = new Map<string, string>();
  #belongings: Belongings;
  #nextSecret = 0;

  constructor(random: Random, options: { readonly isLimited: boolean }) {
    this.#random = random;
    const hexDigits = Array.from({ length: 16 }, () => random.below(16).toString(16)).join("");
    this.#tag = `secret-${hexDigits}-`;
    const credential = `victim:${this.#secret()}`;
    const digest = createHash("sha1").update(credential).digest("base64");
    this.server = new FuzzServer({
      randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
      enforceQuota: random.below(2) === 0,
      superDigest: `super:${createHash("sha1").update(this.#secret()).digest("base64")}`,
      ...(options.isLimited
        ? { limits: { replyBytesMax: 2_000, childrenPerReplyMax: 8, watchesPerSessionMax: 24 } }
        : {}),
    });
    this.victim = this.#connect("victim", "192.168.0.1");
    this.bystander = this.#connect("bystander", "192.168.0.2");
    const passwds = [this.victim.passwd, this.bystander.passwd].map((passwd) =>
      Buffer.from(passwd),
    );
    this.#needles = [Buffer.from(this.#tag), Buffer.from(digest), ...passwds];
    this.#settle(credential);
    this.#belongings = this.#lookAround();
  }

  /** Opens a session as an honest client does. */
  #connect(name: string, address: string): FuzzConnection {
    const connection = this.server.open(name, address);
    const writer = new JuteWriter();
    const fields = { timeOut: 30_000, sessionId: 0, passwd: new Uint8Array(16), readOnly: false };
    writeConnectRequest(writer, { protocolVersion: 0, lastZxidSeen: 0, ...fields });
    this.server.handle(connection, writer.toBytes());
    connection.out.take();
    if (connection.sessionId === 0) throw new Finding(`the ${name} did not get a session`);
    return connection;
  }

  /** Makes the tree, and sets the watches. */
  #settle(credential: string): void {
    const { victim, bystander } = this;
    const closed = [acl("auth", "")];
    const halfOpen = [acl("world", "anyone", 1), acl("auth", "")];
    this.#ask(victim, auth("digest", credential));
    this.#ask(victim, create("/vault", { acl: closed, data: this.#secret() }));
    for (const build of [create, container, ephemeral, (path: string) => createTTL(path, 5_000)]) {
      const path = `/vault/${this.#secret()}`;
      const data = this.#secret();
      this.#ask(victim, { ...build(path), acl: closed, data: Buffer.from(data) });
      this.#vault.set(path, data);
    }
    this.#ask(victim, create("/hall", { acl: halfOpen, data: "open to all" }));
    this.#ask(victim, create("/hall/a", { acl: halfOpen, data: "open to all" }));
    this.#ask(victim, create("/open"));
    for (const path of ["/open/a", "/open/b"]) this.#ask(victim, create(path));
    this.#ask(victim, create("/zookeeper/quota/open"));
    this.#ask(
      victim,
      create("/zookeeper/quota/open/zookeeper_limits", { data: "countHardLimit=50" }),
    );
    this.#ask(victim, create("/zookeeper/quota/open/zookeeper_stats"));
    // Whoever may set quotas can keep anybody from writing. That is so in ZooKeeper as well.
    this.#ask(victim, setACL("/zookeeper/quota", [acl("world", "anyone", 1), ...closed]));
    for (const request of [
      getData("/vault", true),
      getChildren("/vault", true),
      exists("/vault/not yet", true),
      addWatch("/hall"),
      addRecursiveWatch("/vault"),
    ]) {
      this.#ask(victim, request, request.type === OpCode.exists ? -101 : 0);
    }
    for (const request of [addRecursiveWatch("/open"), addRecursiveWatch("/"), addWatch("/hall")]) {
      this.#ask(bystander, request);
    }
  }

  /** Does what a victim does in the course of a day, and sees that it is as it should be. */
  live(): void {
    const { victim } = this;
    const paths = [...this.#vault.keys()];
    const path = this.#random.pick(paths) ?? "/vault";
    const data = this.#secret();
    switch (this.#random.below(5)) {
      case 0:
        this.#ask(victim, setData(path, data));
        this.#vault.set(path, data);
        break;
      case 1: {
        const fresh = `/vault/${this.#secret()}`;
        this.#ask(victim, create(fresh, { acl: [acl("auth", "")], data }));
        this.#vault.set(fresh, data);
        break;
      }
      case 2:
        if (paths.length < 4) break;
        this.#ask(victim, remove(path));
        this.#vault.delete(path);
        break;
      case 3: {
        const reply = this.#ask(victim, getData(path));
        const read = reply !== undefined && "data" in reply ? reply.data : null;
        if (Buffer.from(read ?? []).toString() !== this.#vault.get(path)) {
          throw new Finding("the victim reads something else than it wrote");
        }
        break;
      }
      default: {
        if (paths.length > 8) break; // There may be a limit.
        const reply = this.#ask(victim, getChildren("/vault"));
        const names = reply !== undefined && "children" in reply ? reply.children : [];
        const wanted = paths.map((one) => one.slice("/vault/".length));
        if (names.toSorted().join() !== wanted.toSorted().join()) {
          throw new Finding("the victim's list of children is another");
        }
      }
    }
    this.#checkOutput(this.bystander, undefined);
    this.#belongings = this.#lookAround();
  }

  /**
   * Looks at what an attacker's doing came to: at what everybody was sent, and at what is not the attacker's. Returns what
   * the attacker itself was sent.
   */
  check(attacker: FuzzConnection | undefined): Uint8Array {
    let own = new Uint8Array(0);
    for (const connection of this.server.connections) {
      if (connection === attacker || connection.out.length === 0) continue;
      this.#checkOutput(connection, attacker);
    }
    if (attacker !== undefined && attacker.out.length > 0) {
      own = attacker.out.take();
      this.#checkForSecrets(own, attacker);
    }
    this.#checkBelongings();
    return own;
  }

  isAttackers(id: SessionId): boolean {
    return id !== this.victim.sessionId && id !== this.bystander.sessionId;
  }

  /** Output on the connection of somebody who has asked for nothing. */
  #checkOutput(connection: FuzzConnection, attacker: FuzzConnection | undefined): void {
    const bytes = connection.out.take();
    const whose = `the ${connection.name}, who did nothing,`;
    for (const one of outputOf(bytes)) {
      if (one.kind === "reply") throw new Finding(`${whose} got somebody's reply`);
    }
    if (connection === this.victim && bytes.length > 0 && attacker !== undefined) {
      throw new Finding(`${whose} was told of a change of what is its own`);
    }
    if (connection !== this.victim) this.#checkForSecrets(bytes, connection);
  }

  #checkForSecrets(bytes: Uint8Array, connection: FuzzConnection): void {
    const output = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const needle of this.#needles) {
      if (output.includes(needle)) throw new Finding(`a secret was sent to the ${connection.name}`);
    }
  }

  #checkBelongings(): void {
    const { victim, bystander, server } = this;
    const { znodes, authIds, watches } = this.#belongings;
    for (const [path, znode] of znodes) {
      if (server.store.getZnode(path) !== znode) throw new Finding(`${path} has changed`);
    }
    if (victim.closed || bystander.closed) throw new Finding("a stranger's connection was closed");
    if (victim.authIds !== authIds) throw new Finding("the victim is somebody else now");
    if (server.watches.countOf(victim) !== watches)
      throw new Finding("the victim's watches changed");
    if (server.watches.countOf(bystander) !== 6)
      throw new Finding("the bystander's watches changed");
    for (const { sessionId } of [victim, bystander]) {
      if (server.store.getSession(sessionId) === undefined) throw new Finding("a session is gone");
    }
  }

  #lookAround(): Belongings {
    const { victim, server } = this;
    const paths = ["/vault", "/hall", "/hall/a", "/zookeeper/quota", ...this.#vault.keys()];
    return {
      znodes: new Map(paths.map((path) => [path, server.store.getZnode(path)])),
      authIds: victim.authIds,
      watches: server.watches.countOf(victim),
    };
  }

  /** Sends a request for somebody honest, who gets what it asks for. */
  #ask(connection: FuzzConnection, request: Request, wantedErr = 0): Reply | undefined {
    const writer = new JuteWriter();
    writeRequestHeader(writer, { xid: 1, type: request.type });
    writeRequest(writer, request);
    const before = this.server.machine.lastZxid;
    const handled = this.server.handle(connection, writer.toBytes());
    const output = outputOf(connection.out.take());
    if (handled.kind === "handshake") throw new Finding("a session that was not there");
    const zxids = { before, after: this.server.machine.lastZxid };
    checkAnswer(handled.frame, handled.result, output, zxids);
    this.#checkEvents(connection, request, output);
    const reply = output.at(-1);
    if (reply?.kind !== "reply" || reply.header.err !== wantedErr) {
      const err = reply?.kind === "reply" ? reply.header.err : undefined;
      throw new Finding(`the ${connection.name} could not do op ${request.type}: ${err}`);
    }
    return wantedErr === 0 ? readReply(new JuteReader(reply.body), request.type) : undefined;
  }

  /** The recursive watch of the victim tells it of each of its own writes. */
  #checkEvents(connection: FuzzConnection, request: Request, output: readonly Output[]): void {
    const isWrite = request.type === OpCode.setData || request.type === OpCode.delete;
    if (connection !== this.victim || !isWrite) return;
    const isTold = output.some((one) => one.kind === "event" && one.event.path === request.path);
    if (!isTold) throw new Finding("a watch of the victim's did not fire");
  }

  #secret(): string {
    this.#nextSecret += 1;
    return `${this.#tag}${this.#nextSecret}`;
  }
}
