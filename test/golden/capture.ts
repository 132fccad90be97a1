/**
 * Records golden exchanges with a real ZooKeeper 3.8.0 into `zookeeper-3.8.0.json`, next to this file.
 *
 * To rerun:  `node test/golden/capture.ts`  (half a minute). It needs `apt-get install -y zookeeper python3-kazoo` and a JDK, and talks
 * to loopback only. Times, session ids and passwords differ from run to run; everything else should not, so read the diff.
 *
 * Who speaks: `java` is the real Java client (Capture.java), `kazoo` the real kazoo (capture_kazoo.py), both through a recording proxy;
 * `raw` is this file, for what no client sends (a ConnectRequest without the readOnly byte, an unknown op, a cut-off body).
 *
 * An entry is `{ name, op, direction, from, hex, decoded }`. A request and its reply have the same name; `#2` marks a second exchange
 * under a label. `hex` is the payload without its 4-byte length. `decoded` is `{ header, body }` in jute's field names (no header for
 * the handshake): buffers in hex, longs as decimal strings, wire nulls as null, `body: null` for a message that ends with its header.
 * `readOnly` is absent where the byte is. A multi is a list of `{ header, body }` without the end header (-1, true, -1). `decoded` is
 * null where the bytes are not a well-formed message of a known op: such an entry is for comparing bytes only. One reply,
 * `raw/multi-null-path`, has a body although its err is not 0: that is what the real server sends.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { requireZooKeeperJars, startRealZooKeeper } from "../support/real-zookeeper.ts";
import { encode, type JsonObject } from "./jute-tables.ts";
import { type GoldenEntry, RecordingProxy } from "./recording-proxy.ts";

const host = "127.0.0.1";
const directory = import.meta.dirname;
const outputFile = join(directory, "zookeeper-3.8.0.json");
const clientTimeoutMs = 120_000;
const sessionExpiredAttemptsMax = 100;

async function main(): Promise<void> {
  await using server = await startRealZooKeeper();
  await using proxy = await RecordingProxy.start(server.port);
  await runJavaClient(proxy);
  await runKazoo(proxy);
  await runRaw(proxy);
  const entries = [...proxy.entries, ...(await captureExtended())];
  checkCoverage(entries);
  await writeFile(outputFile, format(entries));
  console.log(`${entries.length} entries in ${outputFile}`);
}

/** What a server does only when it is told to. */
async function captureExtended(): Promise<readonly GoldenEntry[]> {
  const extraJvmFlags = [
    "-Dzookeeper.extendedTypesEnabled=true",
    "-Dzookeeper.enforceQuota=true",
    "-Dzookeeper.DigestAuthenticationProvider.superDigest=super:D/InIHSb7yEEbrWz8b9l71RjZJU=",
  ];
  await using server = await startRealZooKeeper({ extraJvmFlags });
  await using proxy = await RecordingProxy.start(server.port);
  await runJavaClient(proxy, "extended");
  return proxy.entries;
}

async function runJavaClient(proxy: RecordingProxy, ...mode: string[]): Promise<void> {
  const { java, classPath } = requireZooKeeperJars();
  const quiet = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=off", "-Dfile.encoding=UTF-8"];
  const file = join(directory, "Capture.java");
  await converse(
    proxy,
    "java",
    spawn(java, [...quiet, "-cp", classPath, file, `${host}:${proxy.port}`, ...mode]),
  );
}

async function runKazoo(proxy: RecordingProxy): Promise<void> {
  // Not pyenv's Python: Debian's python3-kazoo belongs to the system's.
  await converse(
    proxy,
    "kazoo",
    spawn("/usr/bin/python3", [join(directory, "capture_kazoo.py"), `${host}:${proxy.port}`]),
  );
}

/** Obeys a client program: `label NAME` names what follows, `cut` breaks its connection; each line is answered when done. */
async function converse(proxy: RecordingProxy, from: string, child: ChildProcess): Promise<void> {
  const { stdin, stdout, stderr } = child;
  assert(stdin !== null && stdout !== null && stderr !== null);
  const timer = setTimeout(() => child.kill("SIGKILL"), clientTimeoutMs);
  const exited = once(child, "exit");
  let complaints = "";
  stderr.on("data", (chunk: Buffer) => (complaints += chunk.toString()));
  for await (const line of createInterface({ input: stdout })) {
    if (line === "cut") {
      proxy.cut();
    } else {
      const label = line.replace(/^label /, "");
      proxy.setLabel(from, label === "none" ? undefined : label);
    }
    stdin.write("\n");
  }
  const [code] = await exited;
  clearTimeout(timer);
  assert.equal(code, 0, `the ${from} client failed:\n${complaints}`);
}

const openAcl = [{ perms: 31, id: { scheme: "world", id: "anyone" } }];
const noPasswd = "00".repeat(16);

/** The body of a create of a persistent znode without data. */
function node(path: string): JsonObject {
  return { path, data: null, acl: openAcl, flags: 0 };
}

/** One operation of a multi. */
function step(type: number, body: JsonObject): JsonObject {
  return { header: { type, done: false, err: -1 }, body };
}

/** What real clients do not send, or not on demand. */
async function runRaw(proxy: RecordingProxy): Promise<void> {
  await runRawHandshakes(proxy);
  await runRawErrors(proxy);
  await runRawSetWatches(proxy);
  await runRawRareOps(proxy);
  await runRawLastWords(proxy);
}

async function runRawHandshakes(proxy: RecordingProxy): Promise<void> {
  const old = await RawClient.open(proxy, "connect-without-read-only", {});
  await RawClient.open(proxy, "reattach-without-read-only", {
    sessionId: old.sessionId,
    passwd: old.passwd,
    readOnly: undefined,
  });
  await RawClient.open(proxy, "reattach", {
    sessionId: old.sessionId,
    passwd: old.passwd,
    readOnly: false,
  });
  await RawClient.open(proxy, "connect-expired", {
    sessionId: "81985529216486895",
    readOnly: false,
  });
  await RawClient.open(proxy, "connect-expired-without-read-only", {
    sessionId: "81985529216486895",
  });
  await RawClient.open(proxy, "connect-wrong-passwd", {
    sessionId: old.sessionId,
    readOnly: false,
  });
  await RawClient.open(proxy, "connect-null-passwd", { passwd: null, readOnly: false });
  await RawClient.open(proxy, "connect-timeout-too-long", { timeOut: 2147483647, readOnly: false });
}

async function runRawErrors(proxy: RecordingProxy): Promise<void> {
  const client = await RawClient.open(proxy, undefined, { readOnly: false });
  await client.call("create-persistent", 1, { path: "/r", data: "72", acl: openAcl, flags: 0 });
  await client.call("create-sequential-trailing-slash", 1, {
    path: "/r/",
    data: null,
    acl: openAcl,
    flags: 2,
  });
  await client.call("error-bad-arguments-flags", 1, {
    path: "/r/x",
    data: null,
    acl: openAcl,
    flags: 7,
  });
  await client.call("error-bad-arguments-path", 1, {
    path: "/r/",
    data: null,
    acl: openAcl,
    flags: 0,
  });
  await client.call("error-unimplemented-ttl-flag", 1, {
    path: "/r/x",
    data: null,
    acl: openAcl,
    flags: 5,
  });
  await client.call("error-invalid-acl-empty", 1, { path: "/r/x", data: null, acl: [], flags: 0 });
  await client.call("error-invalid-acl-null", 1, { path: "/r/x", data: null, acl: null, flags: 0 });
  await client.call("error-marshalling-null-path", 4, { path: null, watch: false });
  await client.call("sync-missing", 9, { path: "/nope" });
  await client.call("multi-empty", 14, { ops: [] });
  await client.call("multi-success", 14, {
    ops: [
      step(1, { path: "/r/a", data: "61", acl: openAcl, flags: 0 }),
      step(15, { path: "/r/b", data: "62", acl: openAcl, flags: 0 }),
      step(15, { path: "/r/c", data: "63", acl: openAcl, flags: 4 }),
      step(2, { path: "/r/b", version: 0 }),
      step(5, { path: "/r/a", data: "6161", version: 0 }),
      step(13, { path: "/r/a", version: 1 }),
    ],
  });
  // The one reply with a body although its err is not 0.
  await client.call("multi-null-path", 14, { ops: [step(2, { path: null, version: -1 })] });
  const whole = encode(
    { direction: "request" },
    { header: { xid: 40, type: 1 }, body: { path: "/r/t", data: null, acl: openAcl, flags: 0 } },
  );
  await client.exchange("error-marshalling-truncated-create", whole.subarray(0, 20));
  await client.exchange(
    "error-marshalling-truncated-multi",
    whole.subarray(0, 4),
    Buffer.from("0000000e00000001", "hex"),
  );
  await client.call("close-session", -11, null);
}

async function runRawSetWatches(proxy: RecordingProxy): Promise<void> {
  const writer = await RawClient.open(proxy, undefined, { readOnly: false });
  for (const path of ["/s", "/s/changed", "/s/gone", "/s/same", "/s/parent"]) {
    await writer.call(undefined, 1, node(path));
  }
  const { zxid } = await writer.call(undefined, 3, { path: "/s", watch: false });
  await writer.call(undefined, 5, { path: "/s/changed", data: "63", version: -1 });
  await writer.call(undefined, 2, { path: "/s/gone", version: -1 });
  await writer.call(undefined, 1, node("/s/parent/kid"));
  await writer.call(undefined, 1, node("/s/new"));
  const client = await RawClient.open(proxy, undefined, { readOnly: false });
  const body = {
    relativeZxid: zxid,
    dataWatches: ["/s/same", "/s/changed", "/s/gone"],
    existWatches: ["/s/new", "/s/absent"],
    childWatches: ["/s/parent", "/s/gone", "/s/same"],
  };
  await client.call("set-watches", 101, body, -8);
  await client.call(
    "set-watches-empty",
    101,
    { relativeZxid: zxid, dataWatches: [], existWatches: [], childWatches: [] },
    -8,
  );
  await writer.call(undefined, -11, null);
  await client.call(undefined, -11, null);
}

/** Ops that clients keep to themselves, or send with other values only. */
async function runRawRareOps(proxy: RecordingProxy): Promise<void> {
  const client = await RawClient.open(proxy, undefined, { readOnly: false });
  await client.call(undefined, 1, node("/o"));
  await client.call("sasl", 102, { token: Buffer.from("token").toString("hex") });
  await client.call("delete-container", 20, null);
  await client.call("get-ephemerals-null", 103, { prefixPath: null });
  await client.call("multi-read-empty", 22, { ops: [] });
  await client.call("multi-read-root", 22, {
    ops: [step(8, { path: "/", watch: true }), step(4, { path: "", watch: false })],
  });
  await client.call("set-watches2", 105, {
    relativeZxid: "0",
    dataWatches: ["/o"],
    existWatches: ["/absent"],
    childWatches: [],
    persistentWatches: ["/o", "/absent"],
    persistentRecursiveWatches: ["/"],
  });
  await client.call("watch-recursive", 1, node("/o/kid"));
  await client.call("error-no-watcher-check", 17, { path: "/nope", type: 1 });
  await client.call("error-no-watcher-remove", 18, { path: "/nope", type: 2 });
  await client.call("error-marshalling-watcher-type", 18, { path: "/o", type: 4 });
  await client.call("error-marshalling-watch-mode", 106, { path: "/o", mode: 2 });
  await client.call("error-bad-arguments-ttl", 19, {
    path: "/o/c",
    data: null,
    acl: openAcl,
    flags: 7,
  });
  await client.call(undefined, -11, null);
}

/** Exchanges that end with the server closing the connection. */
async function runRawLastWords(proxy: RecordingProxy): Promise<void> {
  const unknown = await RawClient.open(proxy, undefined, { readOnly: false });
  await unknown.exchange("error-unknown-op", Buffer.from("00000005000003e7000000012f00", "hex"));
  const auth = await RawClient.open(proxy, undefined, { readOnly: false });
  await auth.call("ping", 11, null, -2);
  await auth.call(
    "auth",
    100,
    { type: 0, scheme: "digest", auth: Buffer.from("user:pw").toString("hex") },
    -4,
  );
  await auth.call("auth-failed", 100, { type: 0, scheme: "nosuchscheme", auth: null }, -4);
  // SessionExpired is told only to a request right behind a closeSession, and only if the server gets to it before it closes the
  // connection: a race, so it is run until the answer comes.
  for (let attempt = 0; attempt < sessionExpiredAttemptsMax; attempt++) {
    const closing = await RawClient.open(proxy, undefined, { readOnly: false });
    if (await closing.callBoth("error-session-expired", -11, 3, { path: "/", watch: false })) {
      return;
    }
    proxy.forget("raw", "error-session-expired");
  }
}

class RawClient {
  sessionId = "0";
  passwd = noPasswd;
  readonly #proxy: RecordingProxy;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;
  #xid = 0;

  private constructor(proxy: RecordingProxy) {
    this.#proxy = proxy;
    this.#socket = connect({ host, port: proxy.port });
    this.#socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // An error is followed by "close", which is all that matters here.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
  }

  static async open(
    proxy: RecordingProxy,
    label: string | undefined,
    fields: {
      sessionId?: string;
      passwd?: string | null;
      timeOut?: number;
      readOnly?: boolean | undefined;
    },
  ): Promise<RawClient> {
    const client = new RawClient(proxy);
    const { readOnly, ...others } = fields;
    const body = {
      protocolVersion: 0,
      lastZxidSeen: "0",
      timeOut: 30_000,
      sessionId: "0",
      passwd: noPasswd,
      ...others,
      ...(readOnly === undefined ? {} : { readOnly }),
    };
    const reply = await client.exchange(label, encode({ direction: "connect-request" }, { body }));
    client.sessionId = String(reply.readBigInt64BE(8));
    client.passwd = reply.subarray(20, 36).toString("hex");
    return client;
  }

  async call(
    label: string | undefined,
    type: number,
    body: JsonObject | null,
    xid?: number,
  ): Promise<{ zxid: string }> {
    const reply = await this.exchange(label, this.#request(type, body, xid));
    return { zxid: String(reply.readBigInt64BE(4)) };
  }

  /** Sends one payload, in one or more parts, and waits for one frame that is no event. */
  async exchange(label: string | undefined, ...parts: Buffer[]): Promise<Buffer> {
    this.#proxy.setLabel("raw", label);
    this.#socket.write(frame(Buffer.concat(parts)));
    const reply = await this.#reply();
    assert(reply !== undefined, `${label}: the server closed the connection without a reply`);
    return reply;
  }

  /** Two requests in one packet; says whether both were answered. */
  async callBoth(
    label: string,
    first: number,
    second: number,
    secondBody: JsonObject,
  ): Promise<boolean> {
    this.#proxy.setLabel("raw", label);
    this.#socket.write(
      Buffer.concat([frame(this.#request(first, null)), frame(this.#request(second, secondBody))]),
    );
    return (await this.#reply()) !== undefined && (await this.#reply()) !== undefined;
  }

  #request(type: number, body: JsonObject | null, xid = ++this.#xid): Buffer {
    return encode({ direction: "request" }, { header: { xid, type }, body });
  }

  /** The next frame that is no event; undefined if the server closed the connection instead. */
  async #reply(): Promise<Buffer | undefined> {
    for (;;) {
      while (
        this.#received.length < 4 ||
        this.#received.length < 4 + this.#received.readInt32BE()
      ) {
        if (this.#closed) {
          return undefined;
        }
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
      const end = 4 + this.#received.readInt32BE();
      const payload = this.#received.subarray(4, end);
      this.#received = this.#received.subarray(end);
      if (payload.readInt32BE(0) !== -1) {
        return payload;
      }
    }
  }
}

function frame(payload: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(payload.length);
  return Buffer.concat([length, payload]);
}

/** A capture that misses something is worse than a failing one. */
function checkCoverage(entries: readonly GoldenEntry[]): void {
  const errors = new Set<number>();
  const eventTypes = new Set<number>();
  for (const { direction, op, hex } of entries) {
    const payload = Buffer.from(hex, "hex");
    if (direction === "event") {
      eventTypes.add(payload.readInt32BE(16));
    } else if (direction === "reply" && op !== "connect") {
      errors.add(payload.readInt32BE(12));
    }
  }
  const wanted = "0 -5 -6 -8 -101 -102 -103 -108 -110 -111 -112 -114 -115 -121 -123 -125";
  const missing = wanted.split(" ").filter((err) => !errors.has(Number(err)));
  assert.deepEqual(missing, [], "no reply with these errors was captured");
  assert.deepEqual(
    [...eventTypes].toSorted((a, b) => a - b),
    [1, 2, 3, 4],
    "not every event type was captured",
  );
  const ops =
    "connect create create2 createContainer createTTL delete deleteContainer exists getData setData getChildren getChildren2 getACL setACL sync ping auth sasl multi multiRead setWatches setWatches2 addWatch checkWatches removeWatches getEphemerals getAllChildrenNumber whoAmI reconfig closeSession";
  for (const op of ops.split(" ")) {
    for (const direction of ["request", "reply"]) {
      assert(
        entries.some((entry) => entry.op === op && entry.direction === direction),
        `no ${direction} of ${op}`,
      );
    }
  }
}

/** One entry a line, sorted by name; a request comes before its reply and its events. */
function format(entries: readonly GoldenEntry[]): string {
  const rank = { request: 0, reply: 1, event: 2 };
  const sorted = entries.toSorted(
    (a, b) =>
      (a.name < b.name ? -1 : a.name > b.name ? 1 : 0) || rank[a.direction] - rank[b.direction],
  );
  return `[\n${sorted.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`;
}

await main();
