/**
 * The life of a session, seen from the client: states, the deadline, what is lost stays lost.
 */
import { describe, expect, it } from "vitest";
import {
  AuthFailedError,
  ConnectionClosedError,
  ConnectionLossError,
  RequestAbortedError,
  SessionExpiredError,
} from "../../../src/client/errors.ts";
import { ErrorCode } from "../../../src/protocol/error-code.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { settle } from "./support/fake-clock.ts";
import { openClient, reconnect, startClient, TIMEOUT_MS } from "./support/scripted-client.ts";
import { ScriptedServer, STAT, summary } from "./support/scripted-server.ts";

describe("connecting", () => {
  it("resolves with a session", async () => {
    const { zk, server } = await openClient();
    expect(server.last.handshake).toMatchObject({
      protocolVersion: 0,
      lastZxidSeen: 0,
      timeOut: TIMEOUT_MS,
      sessionId: 0,
    });
    expect(zk.state).toBe("connected");
    expect(zk.session).toMatchObject({ id: 7n, timeoutMs: 9_000, remainingMs: 9_000 });
  });

  it("keeps all 64 bits of a session id, also when it comes back", async () => {
    const { connecting, server, clock } = await startClient();
    await server.last.accepted();
    const answer =
      "000000250000000000002328f1000034abcdef010000001011111111111111111111111111111111";
    await server.last.bytes(new Uint8Array(Buffer.from(`${answer}00`, "hex")));
    const zk = await connecting;
    expect(zk.session?.id).toBe(0xf1000034abcdef01n);
    let resumed: Uint8Array | undefined;
    await server.last.drop();
    await clock.advance(100);
    server.last.send = (bytes) => void (resumed = bytes);
    await server.last.accepted();
    expect(Buffer.from(resumed ?? []).toString("hex")).toContain(
      "f1000034abcdef0100000010" + "11".repeat(16),
    );
  });

  it("tries every address, then again after a pause", async () => {
    const server = new ScriptedServer();
    const { clock } = await startClient({ requestTimeoutMs: 60_000 }, server);
    await server.last.drop();
    await clock.advance(49);
    expect(server.connections).toHaveLength(1);
    await clock.advance(1);
    expect(server.connections).toHaveLength(2);
    await server.last.drop();
    await clock.advance(99);
    expect(server.connections).toHaveLength(2);
    await clock.advance(1);
    expect(server.connections).toHaveLength(3);
  });

  it("gives up a connection that says nothing", async () => {
    const { server, clock } = await startClient();
    await server.last.accepted();
    await clock.advance(5_999);
    expect(server.last.isClosed).toBe(false);
    await clock.advance(1);
    expect(server.last.isClosed).toBe(true);
  });

  it("gives up in the end, and says why", async () => {
    const { connecting, server, clock } = await startClient({ requestTimeoutMs: 500 });
    await server.last.drop("refused by the firewall");
    await clock.advance(500);
    await expect(connecting).rejects.toThrow(/refused by the firewall/);
    await expect(connecting).rejects.toBeInstanceOf(ConnectionLossError);
    expect(clock.running).toBe(0);
  });

  it("gives up when told to", async () => {
    const controller = new AbortController();
    const { connecting, server, clock } = await startClient({ signal: controller.signal });
    controller.abort("enough");
    await expect(connecting).rejects.toMatchObject({ name: "AbortError", cause: "enough" });
    await expect(connecting).rejects.toBeInstanceOf(RequestAbortedError);
    expect(server.last.isClosed).toBe(true);
    expect(clock.running).toBe(0);
  });
});

describe("heartbeats", () => {
  it("come when nothing was sent for a third of the timeout", async () => {
    const { server, clock } = await openClient();
    await clock.advance(2_999);
    expect(server.last.beats).toBe(0);
    await clock.advance(1);
    expect(server.last.beats).toBe(1);
    await server.last.beat();
    await clock.advance(3_000);
    expect(server.last.beats).toBe(2);
  });

  it("are frames where the transport has none", async () => {
    const { server, clock } = await openClient({}, new ScriptedServer({ hasHeartbeat: false }));
    await clock.advance(3_000);
    expect(summary(server.last.requests)).toEqual(["ping"]);
    await server.last.pong();
    await clock.advance(2_000);
    expect(server.last.isClosed).toBe(false);
  });

  it("do not come while there are requests", async () => {
    const { zk, server, clock } = await openClient();
    for (let i = 0; i < 10; i++) {
      void zk.exists("/a");
      await clock.advance(2_000);
      await server.last.reply({ type: OpCode.exists, stat: STAT });
    }
    expect(server.last.beats).toBe(0);
  });

  it("unanswered for two thirds of the timeout, end the connection but not the session", async () => {
    const client = await openClient();
    const { zk, server, clock } = client;
    const { session } = zk;
    await clock.advance(6_000);
    expect(server.connections[0]?.isClosed).toBe(true);
    expect(zk.state).toBe("suspended");
    await reconnect(client);
    expect(server.last.handshake).toMatchObject({
      sessionId: 7,
      passwd: new Uint8Array(16).fill(7),
    });
    expect(zk.state).toBe("connected");
    expect(zk.session).toBe(session);
  });

  it("need few timers", async () => {
    const { zk, server, clock } = await openClient();
    const before = clock.started;
    for (let i = 0; i < 1_000; i++) {
      void zk.exists("/a");
      await settle();
      await server.last.reply({ type: OpCode.exists, stat: STAT });
    }
    expect(clock.started).toBe(before);
  });
});

describe("the deadline", () => {
  it("counts from when that was sent which is answered", async () => {
    const { zk, server, clock } = await openClient();
    await clock.advance(2_000);
    void zk.exists("/a");
    await settle();
    await clock.advance(500);
    expect(zk.session?.remainingMs).toBe(6_500);
    await server.last.reply({ type: OpCode.exists, stat: STAT });
    expect(zk.session?.remainingMs).toBe(8_500);
  });

  it("moves with answered heartbeats", async () => {
    const { zk, server, clock } = await openClient();
    await clock.advance(3_000);
    await clock.advance(100);
    await server.last.beat();
    expect(zk.session?.remainingMs).toBe(8_900);
  });

  it("is not moved back by a reply that comes late", async () => {
    const { zk, server, clock } = await openClient();
    void zk.exists("/a");
    await clock.advance(3_000);
    await server.last.beat();
    expect(zk.session?.remainingMs).toBe(9_000);
    await server.last.reply({ type: OpCode.exists, stat: STAT });
    expect(zk.session?.remainingMs).toBe(9_000);
  });

  it("is not moved by events, which answer nothing", async () => {
    const { zk, server, clock } = await openClient();
    await clock.advance(1_000);
    await server.last.event(1, "/a");
    expect(zk.session?.remainingMs).toBe(8_000);
  });

  it("passes on time when no server can be reached", async () => {
    const { zk, server, clock, changes } = await openClient();
    const session = zk.session;
    await server.last.drop();
    await clock.advance(8_999);
    expect(zk.state).toBe("suspended");
    expect(session?.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(zk.state).toBe("lost");
    expect(session?.signal.reason).toBeInstanceOf(SessionExpiredError);
    expect(session?.remainingMs).toBe(0);
    expect(zk.session).toBeUndefined();
    expect(changes.map(({ state }) => state)).toEqual(["suspended", "lost"]);
  });

  it("passes although a connection is open that does not answer", async () => {
    const { zk, server, clock } = await openClient();
    await clock.advance(5_900);
    for (let i = 0; i < 3; i++) {
      await server.last.event(1, "/a");
      await clock.advance(1_000);
    }
    expect(zk.state).toBe("connected");
    await clock.advance(100);
    expect(zk.state).toBe("lost");
  });

  it("is found passed by whoever could not run", async () => {
    const { zk, clock } = await openClient();
    clock.stall(20_000);
    expect(zk.session?.remainingMs).toBe(0);
    await clock.advance(0);
    expect(zk.state).toBe("lost");
  });
});

describe("a lost session", () => {
  it("is followed by a new one", async () => {
    const { zk, server, clock, changes } = await openClient();
    const session = zk.session;
    await server.last.drop();
    await clock.advance(50);
    await server.last.refuse();
    expect(zk.state).toBe("lost");
    await clock.advance(1);
    await server.last.accept({ sessionId: 8 });
    expect(server.last.handshake).toMatchObject({ sessionId: 0, lastZxidSeen: 0 });
    expect(zk.state).toBe("connected");
    expect(zk.session?.id).toBe(8n);
    expect(changes.map((change) => [change.previous, change.state, change.session?.id])).toEqual([
      ["connected", "suspended", 7n],
      ["suspended", "lost", 7n],
      ["lost", "connected", 8n],
    ]);
    expect(changes[1]?.session).toBe(session);
  });

  it("is closed, and not returned to, when the server still has it", async () => {
    const { zk, server, clock, changes } = await openClient();
    await server.last.drop();
    for (let i = 0; i < 9; i++) {
      await clock.advance(1_000);
      await server.last.drop();
    }
    expect(zk.state).toBe("lost");
    while (server.last.handshake === undefined) {
      await clock.advance(10);
      await server.last.accept();
    }
    expect(server.last.handshake).toMatchObject({ sessionId: 7 });
    expect(summary(server.last.requests)).toEqual(["closeSession"]);
    expect(zk.state).toBe("lost");
    const burial = server.last;
    await burial.reply({ type: OpCode.closeSession });
    expect(burial.isClosed).toBe(true);
    await clock.advance(1);
    await server.last.accept({ sessionId: 8 });
    expect(server.last.handshake).toMatchObject({ sessionId: 0 });
    expect(zk.session?.id).toBe(8n);
    expect(changes.map(({ state }) => state)).toEqual(["suspended", "lost", "connected"]);
  });

  it("is tried to be closed only once", async () => {
    const { zk, server, clock } = await openClient();
    clock.stall(TIMEOUT_MS);
    await clock.advance(0);
    await clock.advance(0);
    await server.last.accepted();
    expect(server.last.handshake).toMatchObject({ sessionId: 7 });
    await server.last.drop();
    await clock.advance(0);
    await server.last.accept({ sessionId: 8 });
    expect(server.last.handshake).toMatchObject({ sessionId: 0 });
    expect(zk.session?.id).toBe(8n);
  });

  it("takes what was asked in it along", async () => {
    const { zk, server, clock } = await openClient();
    const [write, read] = [zk.setData("/a", "1"), zk.exists("/a")];
    for (const asked of [write, read]) asked.catch(() => {});
    await settle();
    expect(summary(server.last.requests)).toEqual(["setData /a", "exists /a"]);
    clock.stall(TIMEOUT_MS);
    await clock.advance(0);
    await expect(write).rejects.toMatchObject({ code: -112, path: "/a", outcome: "unknown" });
    await expect(read).rejects.toMatchObject({ code: -112, outcome: "notApplied" });
  });

  it("takes along what waited for a connection", async () => {
    const { zk, server, clock } = await openClient();
    await server.last.drop();
    const waiting = zk.setData("/a", "1");
    waiting.catch(() => {});
    await clock.advance(9_000);
    await expect(waiting).rejects.toBeInstanceOf(SessionExpiredError);
    await expect(waiting).rejects.toMatchObject({ outcome: "notApplied" });
  });

  it("leaves what is asked afterwards to the next one", async () => {
    const { zk, clock, server } = await openClient();
    clock.stall(TIMEOUT_MS);
    await clock.advance(0);
    const asked = zk.exists("/a");
    await clock.advance(0);
    await server.last.refuse();
    await clock.advance(0);
    await server.last.accept({ sessionId: 8 });
    expect(summary(server.last.requests)).toEqual(["exists /a"]);
    await server.last.reply({ type: OpCode.exists, stat: STAT });
    await expect(asked).resolves.toMatchObject({ czxid: 1 });
  });

  it("keeps what is meant for it out of the next one", async () => {
    const { zk, clock, server } = await openClient();
    const { session } = zk;
    clock.stall(TIMEOUT_MS);
    await clock.advance(0);
    await expect(zk.create("/a", null, { session })).rejects.toBeInstanceOf(SessionExpiredError);
    expect(server.connections[0]?.requests).toEqual([]);
  });
});

describe("closing", () => {
  it("comes after what was asked before, and ends everything", async () => {
    const { zk, server, clock, changes } = await openClient();
    const { session } = zk;
    const asked = zk.exists("/a");
    const closed = zk.close();
    await settle();
    expect(summary(server.last.requests)).toEqual(["exists /a", "closeSession"]);
    await expect(zk.exists("/b")).rejects.toBeInstanceOf(ConnectionClosedError);
    await server.last.reply({ type: OpCode.exists, stat: STAT });
    await server.last.reply({ type: OpCode.closeSession });
    await closed;
    await asked;
    expect(zk.state).toBe("closed");
    expect(session?.signal.reason).toBeInstanceOf(ConnectionClosedError);
    expect(server.last.isClosed).toBe(true);
    expect(clock.running).toBe(0);
    expect(changes.map(({ state }) => state)).toEqual(["closed"]);
    await zk.close();
  });

  it("is over when the connection ends in the middle of it", async () => {
    const { zk, server, clock } = await openClient();
    const closed = zk.close();
    await settle();
    await server.last.drop();
    await closed;
    expect(zk.state).toBe("closed");
    expect(clock.running).toBe(0);
  });

  it("does not wait for a connection", async () => {
    const { zk, server, clock } = await openClient();
    await server.last.drop();
    const waiting = zk.exists("/a");
    waiting.catch(() => {});
    await zk.close();
    await expect(waiting).rejects.toBeInstanceOf(ConnectionClosedError);
    expect(clock.running).toBe(0);
  });
});

describe("auth", () => {
  it("is proven first on every connection", async () => {
    const client = await openClient({ auth: [{ scheme: "digest", auth: "a:b" }] });
    const { zk, server } = client;
    expect(summary(server.last.requests)).toEqual(["auth"]);
    await server.last.reply({ type: OpCode.auth });
    const added = zk.addAuth("digest", "c:d");
    await settle();
    await server.last.reply({ type: OpCode.auth });
    await added;
    await server.last.drop();
    void zk.exists("/a").catch(() => {});
    await reconnect(client);
    expect(server.last.messages).toHaveLength(1);
    expect(summary(server.last.requests)).toEqual(["auth", "auth", "exists /a"]);
    const proofs = server.last.requests.map(({ request }) => "auth" in request && request.auth);
    const encoder = new TextEncoder();
    expect(proofs).toEqual([encoder.encode("a:b"), encoder.encode("c:d"), false]);
  });

  it("may be answered ahead of others", async () => {
    const { zk, server } = await openClient();
    const read = zk.exists("/a");
    const added = zk.addAuth("digest", "c:d");
    await settle();
    await server.last.replyRaw(-4, 0);
    await added;
    await server.last.reply({ type: OpCode.exists, stat: STAT });
    await read;
  });

  it("refused is the end", async () => {
    const { zk, server, clock, changes } = await openClient();
    const read = zk.exists("/a");
    read.catch(() => {});
    const added = zk.addAuth("digest", "wrong");
    added.catch(() => {});
    await settle();
    await server.last.replyRaw(-4, ErrorCode.authFailed);
    await expect(added).rejects.toBeInstanceOf(AuthFailedError);
    await expect(read).rejects.toBeInstanceOf(AuthFailedError);
    await expect(zk.exists("/b")).rejects.toBeInstanceOf(AuthFailedError);
    expect(zk.state).toBe("authFailed");
    expect(changes.map(({ state }) => state)).toEqual(["authFailed"]);
    expect(clock.running).toBe(0);
    await zk.close();
  });
});

describe("listeners", () => {
  it("are not called any more when they have left", async () => {
    const { zk, server } = await openClient();
    const heard: string[] = [];
    const leave = zk.on("state", ({ state }) => heard.push(state));
    leave();
    await server.last.drop();
    expect(heard).toEqual([]);
  });
});
