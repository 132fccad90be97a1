/**
 * Existing monitoring: the server says under every four-letter word, and every command of the AdminServer, the same
 * lines and names as a real ZooKeeper in the same state. It must answer all words (`4lw.commands.whitelist=*`); of a
 * server that was not started for this run, `EDGEKEEPER_INTEROP_ADMIN` says where the commands are
 * (`http://127.0.0.1:8080/commands`), which are not compared otherwise.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { FOUR_LETTER_WORDS } from "../../src/objects/admin/four-letter-words.ts";
import { OpCode } from "../../src/protocol/op-code.ts";
import { TCPConnection } from "../process/support/tcp-connection.ts";
import { buffer, connectFrame, frame, long } from "../process/support/wire-bytes.ts";
import { WireSession } from "../process/support/wire-session.ts";
import { type RealZooKeeper, startRealZooKeeper } from "../support/real-zookeeper.ts";
import { askCommand, askWord } from "../unit/objects/admin/ask.ts";
import { masked } from "../unit/objects/admin/golden.ts";
import {
  LEFT_OUT_ENVIRONMENT,
  LEFT_OUT_METRICS,
  LEFT_OUT_SERVER_STATS,
  without,
} from "../unit/objects/admin/left-out.ts";
import { Scene } from "../unit/objects/admin/scene.ts";

const [host = "", port = ""] = inject("interopAddress").split(":");
const subject = { host, port: Number(port) };
const adminURL = inject("interopAdmin");
const root = `/interop-${randomUUID()}`;

let real: RealZooKeeper;
let scenes: Scene[];

beforeAll(async () => {
  real = await startRealZooKeeper({ adminServer: true });
  scenes = [await Scene.set(subject, root), await Scene.set(real, root)];
});

afterAll(async () => {
  for (const scene of scenes) await scene[Symbol.asyncDispose]();
  await real.stop();
});

/** The answers of the server and of the real one. */
async function bothOf(word: string | Uint8Array): Promise<[ours: string, theirs: string]> {
  return [await askWord(subject, word), await askWord(real, word)];
}

/** The kinds of lines that an answer has. How often each is there depends on who else is connected. */
function shapes(answer: string): string[] {
  const numbers = masked(answer).replace(/(?<!0x)\b-?\d+(\.\d+)?\b/g, "<number>");
  const lines = numbers.split("\n").map((line) =>
    line
      .replace(/(lop|lcxid|lzxid)=\w+/g, "$1=<text>")
      .replace(/\[\w\]\(/, "[<ops>](")
      .replace(/0x[0-9a-f]+\b/g, "0x<number>"),
  );
  return [...new Set(lines)].toSorted();
}

/** Of an answer in groups, those that have to do with this test, and of these the lines that do. */
function ofThisTest(answer: string): string[] {
  const groups = masked(answer).split(/\n(?!\t)/);
  return groups
    .filter((group) => group.includes(root))
    .map((group) =>
      group
        .split("\n")
        .filter((line, index) => index === 0 || line.includes(root) || group.startsWith(root))
        .join("\n"),
    )
    .toSorted();
}

function namesOf(answer: string, separator: string): string[] {
  return answer
    .split("\n")
    .filter((line) => line.includes(separator))
    .map((line) => line.split(separator)[0] ?? "");
}

/** Without the metrics that a real server has of each znode below the root. */
function withoutNamespaces(names: readonly string[]): string[] {
  return names.filter((name) => !name.endsWith("_per_namespace"));
}

function received(answer: string): number {
  return Number(/^Received: (\d+)$/m.exec(answer)?.[1]);
}

async function fieldsAt(url: string, command: string): Promise<Record<string, unknown>> {
  return JSON.parse((await askCommand(url, command)).body) as Record<string, unknown>;
}

describe("lines of a word", () => {
  const inGroups = ["dump", "wchc", "wchp"];
  const byName = ["conf", "envi", "mntr"];
  const plain = FOUR_LETTER_WORDS.filter(
    (word) => ![...inGroups, ...byName, "stmk"].includes(word),
  );

  // Those that reset come last.
  const resets = plain.filter((word) => word.endsWith("rst"));
  it.each([...plain.filter((word) => !resets.includes(word)), ...resets])("%s", async (word) => {
    const [ours, theirs] = await bothOf(word);
    // Digests are there from zxid 128 on, where there are any.
    if (word === "hash") expect(ours).toMatch(/^([0-9a-f]+: \d+\n)*$/);
    else expect(shapes(ours)).toEqual(shapes(theirs));
  });

  it.each(inGroups)("%s", async (word) => {
    const [ours, theirs] = (await bothOf(word)).map(ofThisTest);
    expect(theirs?.length).toBeGreaterThan(0);
    expect(ours).toEqual(theirs);
  });

  it("stmk, whose number gtmk shows until it is set again", async () => {
    const before = await askWord(subject, "gtmk");
    const said = Buffer.alloc(12, "stmk");
    said.writeBigInt64BE(0x102n, 4);
    expect(await bothOf(said)).toEqual(["258", "258"]);
    expect(await bothOf("gtmk")).toEqual(["258", "258"]);
    said.writeBigInt64BE(BigInt(before), 4);
    expect(await askWord(subject, said)).toBe(before);
  });

  it("a word with the line end that telnet sends", async () => {
    expect(await bothOf("ruok\r\n")).toEqual(["imok", "imok"]);
  });
});

describe("names of a word", () => {
  it("conf", async () => {
    const [ours, theirs] = (await bothOf("conf")).map((text) => namesOf(text, "="));
    expect(ours).toEqual(theirs);
  });

  it("envi, but those left out", async () => {
    const [ours, theirs] = (await bothOf("envi")).map((text) => namesOf(text, "="));
    expect(theirs).toEqual(expect.arrayContaining(ours ?? [""]));
    expect(ours).toEqual(expect.arrayContaining(without(theirs ?? [], LEFT_OUT_ENVIRONMENT)));
  });

  it("mntr, but those left out", async () => {
    const [ours, theirs] = (await bothOf("mntr")).map((text) =>
      withoutNamespaces(namesOf(text, "\t")),
    );
    const plainNames = (theirs ?? []).map((name) => name.replace(/^zk_/, ""));
    const expected = without(plainNames, LEFT_OUT_METRICS).map((name) => `zk_${name}`);
    expect(expected.length).toBeGreaterThan(20);
    expect(theirs).toEqual(expect.arrayContaining(ours ?? [""]));
    expect(ours).toEqual(expect.arrayContaining(expected));
  });
});

describe("numbers of a word", () => {
  it("mntr counts what this test did", async () => {
    const answer = await askWord(subject, "mntr");
    const numberOf = (name: string): number =>
      Number(new RegExp(`^zk_${name}\t(\\S+)$`, "m").exec(answer)?.[1]);
    expect(numberOf("znode_count")).toBeGreaterThanOrEqual(6);
    expect(numberOf("ephemerals_count")).toBeGreaterThanOrEqual(1);
    expect(numberOf("watch_count")).toBeGreaterThanOrEqual(4);
    expect(numberOf("global_sessions")).toBeGreaterThanOrEqual(2);
    expect(numberOf("num_alive_connections")).toBeGreaterThanOrEqual(3);
  });

  it("mntr counts handshakes, and connections that their clients drop", async () => {
    const numbers = async (): Promise<(number | undefined)[]> => {
      const answer = await askWord(subject, "mntr");
      return ["request", "revalidate", "drop"].map((what) =>
        Number(new RegExp(`^zk_connection_${what}_count\t(\\d+)$`, "m").exec(answer)?.[1]),
      );
    };
    const before = await numbers();
    const session = await WireSession.open(subject);
    session.drop();
    await expect(
      WireSession.open(subject, { resume: { sessionId: 1, passwd: new Uint8Array(16) } }),
    ).rejects.toThrow("expired");
    const [requests = 0, revalidations = 0, drops = 0] = before;
    await expect
      .poll(numbers)
      .toEqual([requests + 2, revalidations + 1, expect.toSatisfy((now) => now > drops)]);
  });

  it("srvr counts packets from srst on", async () => {
    await askWord(subject, "srst");
    const first = received(await askWord(subject, "srvr"));
    const second = received(await askWord(subject, "srvr"));
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
  });
});

describe("what cons knows of a connection", () => {
  it("an auth request is a packet and no operation", async () => {
    const session = await WireSession.open(subject);
    try {
      for (let i = 0; i < 7; i++) await session.getData("/");
      await session.request({
        type: OpCode.auth,
        authType: 0,
        scheme: "digest",
        auth: Buffer.from("bob:secret"),
      });
      expect(await askWord(subject, "cons")).toMatch(
        /\(queued=0,recved=9,sent=9,sid=0x\w+,lop=GETD,.*,lcxid=0x7,/,
      );
    } finally {
      await session.close();
    }
  });

  it("a session that was resumed has done nothing yet", async () => {
    const first = await TCPConnection.open(subject);
    first.write(connectFrame({ timeOut: 12_000 }));
    // As bytes, since an id of a real server is no safe integer. Before it: version and timeout.
    const granted = await first.frame(0);
    const [sessionId, passwd] = [granted.slice(8, 16), granted.slice(20, 36)];
    first.destroy();
    const resumed = await TCPConnection.open(subject);
    try {
      resumed.write(frame(0, long(0), 12_000, sessionId, buffer(passwd), false));
      await resumed.frame(0);
      expect(await askWord(subject, "cons")).toMatch(
        /\(queued=0,recved=1,sent=1,sid=0x\w+,lop=null,est=\d+,to=12000,lcxid=0x0,lzxid=0x0,lresp=0,/,
      );
    } finally {
      resumed.destroy();
    }
  });

  it("are its last operation and the number of its requests, until crst", async () => {
    const fresh = `${root}-fresh`;
    const scene = await Scene.set(subject, fresh);
    try {
      const before = await askWord(subject, "cons");
      expect(before).toMatch(/\(queued=0,recved=6,sent=6,sid=0x\w+,lop=GETC,.*,lcxid=0x5,/);
      expect(before).toMatch(/\(queued=0,recved=3,sent=3,sid=0x\w+,lop=NA,.*,lcxid=0x2,/);
      await askWord(subject, "crst");
      expect(await askWord(subject, "cons")).toMatch(
        /\(queued=0,recved=0,sent=0,sid=0x\w+,lop=NA,est=\d+,to=30000,lzxid=0xf{16},lresp=0,/,
      );
    } finally {
      await scene[Symbol.asyncDispose]();
    }
  });
});

describe.skipIf(adminURL === undefined)("names of a command", () => {
  const commands = [
    "configuration",
    "connections",
    "dirs",
    "dump",
    "environment",
    "get_trace_mask",
    "hash",
    "initial_configuration",
    "is_read_only",
    "last_snapshot",
    "leader",
    "monitor",
    "nonsense",
    "observers",
    "ruok",
    "server_stats",
    "stats",
    "voting_view",
    "watches",
    "watches_by_path",
    "watch_summary",
    "zabstate",
    "connection_stat_reset",
    "stat_reset",
  ];
  it.each(commands)("%s", async (command) => {
    const ours = await fieldsAt(adminURL ?? "", command);
    const theirs = await fieldsAt(`http://${real.host}:${real.adminPort}/commands`, command);
    expect(ours["command"]).toBe(theirs["command"]);
    expect(ours["error"]).toBe(theirs["error"]);
    const leftOut = [...LEFT_OUT_METRICS, ...LEFT_OUT_ENVIRONMENT];
    const names = withoutNamespaces(Object.keys(ours));
    expect(Object.keys(theirs)).toEqual(expect.arrayContaining(names));
    expect(names).toEqual(expect.arrayContaining(without(Object.keys(theirs), leftOut)));
    const statistics = Object.keys((ours["server_stats"] as object | undefined) ?? {});
    const expected = Object.keys((theirs["server_stats"] as object | undefined) ?? {});
    expect(statistics).toEqual(expect.arrayContaining(without(expected, LEFT_OUT_SERVER_STATS)));
  });
});
