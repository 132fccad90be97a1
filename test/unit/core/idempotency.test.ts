/** Writes with a key behind their record: done once, and answered again. */
import { describe, expect, it } from "vitest";
import { PERMISSIONS, UNPROVEN } from "../../../src/core/grant.ts";
import { ANSWERS_KEPT_MS } from "../../../src/core/idempotency.ts";
import {
  IDEMPOTENCY_KEY_REUSED,
  isMarkedPasswd,
  writeIdempotencyKey,
} from "../../../src/protocol/idempotency-key.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { CreateFlags, OpCode } from "../../../src/protocol/op-code.ts";
import { type Request, writeRequest } from "../../../src/protocol/requests.ts";
import { type TestConnection, TestServer } from "./harness.ts";
import { create, exists, multi as multiOf, setData } from "./request-builders.ts";

function bodyOf(request: Request, key: string): Uint8Array {
  const body = new JuteWriter();
  writeRequest(body, request);
  writeIdempotencyKey(body, key);
  return body.toBytes();
}

function ask(client: TestConnection, request: Request, key: string) {
  const reply = client.send(request.type, bodyOf(request, key));
  if (reply === undefined) throw new Error("no reply");
  return reply;
}

const SEQUENTIAL = create("/a-", { flags: CreateFlags.persistentSequential });

describe("a write with an idempotency key", () => {
  it("is done once, and answered again to whoever asks, in whatever session", () => {
    const server = new TestServer();
    const [client, other] = [server.connect(), server.connect()];
    const first = ask(client, SEQUENTIAL, "k");
    const before = server.lastZxid;
    expect(ask(client, SEQUENTIAL, "k")).toEqual({ ...first, xid: 2 });
    expect(ask(other, SEQUENTIAL, "k")).toEqual({ ...first, xid: 1 });
    expect(server.lastZxid).toBe(before);
    expect(ask(client, SEQUENTIAL, "k2").reply).not.toEqual(first.reply);
  });

  it("tells its watchers once", () => {
    const server = new TestServer();
    const [client, watcher] = [server.connect(), server.connect()];
    client.request(create("/a"));
    watcher.request(exists("/a", true));
    watcher.take();
    ask(client, setData("/a", "x"), "k");
    watcher.request(exists("/a", true));
    ask(client, setData("/a", "x"), "k");
    expect(watcher.takeTrace().filter((line) => line.startsWith("dataChanged"))).toHaveLength(1);
  });

  it("has an answer of its own behind its own events", () => {
    const client = new TestServer().connect();
    client.request(create("/a"));
    client.request(exists("/a", true));
    const first = ask(client, setData("/a", "x"), "k");
    client.take();
    expect(ask(client, setData("/a", "x"), "k").reply).toEqual(first.reply);
  });

  it("is tried again when it failed, by itself or in a transaction", () => {
    const client = new TestServer().connect();
    const multi: Request = { type: OpCode.multi, ops: [setData("/a", "y")] };
    expect(ask(client, setData("/a", "x"), "k").err).toBe(-101);
    expect(ask(client, multi, "k2").reply).toMatchObject({ results: [{ err: -101 }] });
    client.request(create("/a"));
    expect(ask(client, setData("/a", "x"), "k").err).toBe(0);
    expect(ask(client, multi, "k2").reply).toMatchObject({ results: [{ type: OpCode.setData }] });
  });

  it("is refused when the key was used for something else", () => {
    const server = new TestServer();
    const client = server.connect();
    ask(client, create("/a"), "k");
    const before = server.lastZxid;
    expect(ask(client, create("/b"), "k").err).toBe(IDEMPOTENCY_KEY_REUSED);
    expect([server.znode("/b"), server.lastZxid]).toEqual([undefined, before]);
  });

  it("meets no key of another session when it makes an ephemeral", () => {
    const server = new TestServer();
    const ephemeral = create("/a-", { flags: CreateFlags.ephemeralSequential });
    const multi: Request = { type: OpCode.multi, ops: [ephemeral] };
    const replies = [server.connect(), server.connect()].map((client) => [
      ask(client, ephemeral, "k").reply,
      ask(client, multi, "k2").reply,
    ]);
    expect(replies[0]).not.toEqual(replies[1]);
  });

  it("is done again when the answer is not kept any more", () => {
    const server = new TestServer();
    const client = server.connect();
    const first = ask(client, SEQUENTIAL, "k");
    server.nowMs += ANSWERS_KEPT_MS - 1;
    expect(ask(client, SEQUENTIAL, "k").reply).toEqual(first.reply);
    server.nowMs += 1;
    expect(ask(client, SEQUENTIAL, "k").reply).not.toEqual(first.reply);
  });

  it("is malformed when the key is", () => {
    for (const key of ["", "x".repeat(129), "\u0000"]) {
      const server = new TestServer();
      expect(ask(server.connect(), SEQUENTIAL, key).err, key).toBe(-5);
      expect(server.store.childNames("/")).toEqual(["zookeeper"]);
    }
  });
});

describe("other requests", () => {
  it("take no notice of a key, nor of other bytes behind their record", () => {
    const server = new TestServer();
    const client = server.connect();
    expect(ask(client, exists("/a"), "k").err).toBe(-101);
    client.request(create("/a"));
    expect(ask(client, exists("/a"), "k").err).toBe(0);
    const body = new JuteWriter();
    writeRequest(body, SEQUENTIAL);
    body.writeString("whatever it may be");
    for (let i = 0; i < 2; i++) client.send(SEQUENTIAL.type, body.toBytes());
    expect(server.store.childNames("/").toSorted()).toHaveLength(4);
  });
});

it("a password says that keys are looked at, and is otherwise another one for each session", () => {
  const server = new TestServer();
  const passwds = [server.connect(), server.connect()].map(({ passwd }) => passwd as Uint8Array);
  expect(passwds.map(isMarkedPasswd)).toEqual([true, true]);
  expect(passwds[0]).not.toEqual(passwds[1]);
  expect(isMarkedPasswd(new Uint8Array(16))).toBe(false);
  expect(isMarkedPasswd(new Uint8Array())).toBe(false);
});

describe("a key, and who may use it", () => {
  const grant = { subject: "worker", prefixes: ["/a", "/b"], permissions: PERMISSIONS };

  it("gets nobody an answer who has proven nothing, nor stands in the way of who may", () => {
    const server = new TestServer();
    const [stranger, admin] = [server.connect({ grant: UNPROVEN }), server.connect()];
    expect(ask(stranger, create("/a"), "k").err).toBe(-102);
    expect(ask(admin, create("/a"), "k").err).toBe(0);
    expect(ask(stranger, create("/a"), "k").err).toBe(-102);
  });

  it("meets no key of another subject", () => {
    const server = new TestServer();
    const clients = [{ ...grant }, { ...grant, subject: "other" }].map((own) =>
      server.connect({ grant: own }),
    );
    expect(clients.map((client) => ask(client, create("/a"), "k").err)).toEqual([0, -110]);
  });

  it("gets no answer from before the grant was less", () => {
    const server = new TestServer();
    const client = server.connect({ grant });
    expect(ask(client, create("/b"), "k").err).toBe(0);
    const ops = multiOf(create("/a"), create("/b/x"));
    expect(ask(client, ops, "multi").err).toBe(0);
    client.grant = { ...grant, prefixes: ["/a"] };
    expect(ask(client, create("/b"), "k").err).toBe(-102);
    expect(ask(client, ops, "multi").reply).toMatchObject({ results: [{ err: 0 }, { err: -102 }] });
  });
});
