/** Every word answers as ZooKeeper 3.8.0 answered in the same state. */
import { describe, expect, it } from "vitest";
import type { SessionRecord } from "../../../../src/objects/admin/admin-view.ts";
import {
  answerWord,
  FOUR_LETTER_WORDS,
  type FourLetterWord,
  parseWhitelist,
} from "../../../../src/objects/admin/four-letter-words.ts";
import { golden, masked, textOf } from "./golden.ts";
import { LEFT_OUT_ENVIRONMENT, LEFT_OUT_METRICS, without } from "./left-out.ts";
import { FIRST, NOW_MS, sampleView } from "./sample-view.ts";

const all = parseWhitelist("*");

type Metric = readonly [name: string, value: string];

function answer(word: FourLetterWord, view = sampleView()): string {
  return answerWord({ word }, all, view);
}

function linesOf(text: string): string[] {
  return text.split("\n").slice(0, -1);
}

function metrics(text: string): Metric[] {
  return linesOf(text).map((line) => {
    const [name = "", value = "", ...rest] = line.split("\t");
    expect(rest, line).toEqual([]);
    expect(name, line).toMatch(/^zk_/);
    return [name.slice("zk_".length), value];
  });
}

function kindOf(value: string): string {
  if (/^-?\d+$/.test(value)) return "integer";
  return /^-?\d+\.\d+$/.test(value) ? "double" : "text";
}

function expiring(id: number, inMs: number): SessionRecord {
  return { id, expiresMs: NOW_MS + inMs, ephemeralPaths: [] };
}

function propertyNames(text: string): string[] {
  return linesOf(text).map((line) => line.replace(/=.*/, ""));
}

describe("a word's answer", () => {
  const comparable = FOUR_LETTER_WORDS.filter((word) => !["envi", "mntr", "stmk"].includes(word));
  it.each(comparable)("%s is ZooKeeper's", (word) => {
    expect(masked(answer(word))).toBe(masked(textOf(golden.words[word])));
  });

  it("cons after crst is ZooKeeper's", () => {
    const view = sampleView();
    answer("crst", view);
    // Who asks is not one of those that were reset.
    const asking = view.connections().find(({ sessionId }) => sessionId === 0);
    if (asking !== undefined) asking.statistics.packetsReceived = 1;
    expect(masked(answer("cons", view))).toBe(masked(textOf(golden.resetWords.cons)));
  });

  it("stmk sets what gtmk shows", () => {
    const view = sampleView();
    const said = { word: "stmk", traceMask: 0x102n } as const;
    expect(answerWord(said, all, view)).toBe(textOf(golden.words.stmk));
    expect(answer("gtmk", view)).toBe("258");
  });

  it("srst takes back what srvr shows", () => {
    const view = sampleView();
    expect(answer("srvr", view)).toContain("Latency min/avg/max: 3/3.0/3\nReceived: 10\nSent: 9\n");
    answer("srst", view);
    expect(answer("srvr", view)).toContain("Latency min/avg/max: 0/0.0/0\nReceived: 0\nSent: 0\n");
  });

  it("hash is empty, there being no digests", () => {
    expect(answer("hash")).toBe("");
  });

  it("dump has first what is over first", () => {
    const view = sampleView({ sessions: () => [expiring(2, 4_000), expiring(1, 2_000)] });
    expect(answer("dump", view)).toContain(
      [
        "Session Sets (2)/(2):",
        "1 expire at Tue Nov 24 12:00:02 UTC 2026:",
        "\t0x1",
        "1 expire at Tue Nov 24 12:00:04 UTC 2026:",
        "\t0x2",
        "",
      ].join("\n"),
    );
  });

  it("wchs and wchc do not know of who watches children only", () => {
    const childOnly = { sessionId: FIRST, data: new Set<string>(), child: new Set(["/scene"]) };
    const view = sampleView({ watches: () => [childOnly] });
    expect(answer("wchs", view)).toBe("0 connections watching 0 paths\nTotal watches:0\n");
    expect(answer("wchc", view)).toBe("\n");
    expect(answer("mntr", view)).toContain("zk_watch_count\t1\n");
  });

  it("wchc, wchp and wchs of nobody are ZooKeeper's", () => {
    const view = sampleView({ watches: () => [] });
    expect(answer("wchc", view)).toBe("\n");
    expect(answer("wchp", view)).toBe("\n");
    expect(answer("wchs", view)).toBe("0 connections watching 0 paths\nTotal watches:0\n");
  });
});

describe("mntr", () => {
  it("shows every metric of ZooKeeper but those left out, and no other", () => {
    const names = metrics(answer("mntr")).map(([name]) => name);
    const expected = metrics(textOf(golden.words.mntr)).map(([name]) => name);
    expect(names.toSorted()).toEqual(without(expected, LEFT_OUT_METRICS).toSorted());
  });

  it("leaves out nothing that ZooKeeper does not have", () => {
    const names = metrics(textOf(golden.words.mntr)).map(([name]) => name);
    const idle = LEFT_OUT_METRICS.filter((pattern) => !names.some((name) => pattern.test(name)));
    expect(idle).toEqual([]);
  });

  it("prints numbers as ZooKeeper does, with a point or without", () => {
    const expected = new Map(metrics(textOf(golden.words.mntr)));
    for (const [name, value] of metrics(answer("mntr"))) {
      expect(kindOf(value), name).toBe(kindOf(expected.get(name) ?? ""));
    }
  });

  it("counts what the server counted", () => {
    const lines = linesOf(answer("mntr"));
    expect(lines).toEqual(
      expect.arrayContaining([
        "zk_server_state\tstandalone",
        "zk_uptime\t90000",
        "zk_packets_received\t10",
        "zk_num_alive_connections\t3",
        "zk_znode_count\t6",
        "zk_watch_count\t4",
        "zk_ephemerals_count\t1",
        "zk_approximate_data_size\t71",
        "zk_global_sessions\t2",
        "zk_last_client_response_size\t25",
        "zk_max_client_response_size\t25",
        "zk_min_client_response_size\t21",
        "zk_cnt_readlatency\t4",
        "zk_cnt_updatelatency\t5",
        "zk_sum_updatelatency\t15",
      ]),
    );
  });
});

describe("envi", () => {
  it("shows ZooKeeper's names in its order but those left out", () => {
    const expected = without(propertyNames(textOf(golden.words.envi)), LEFT_OUT_ENVIRONMENT);
    expect(propertyNames(answer("envi"))).toEqual(expected);
  });

  it("begins with the version, from which clients read what they may ask for", () => {
    expect(linesOf(answer("envi")).slice(0, 2)).toEqual([
      "Environment:",
      "zookeeper.version=3.8.0-edgekeeper.0.1.0, built on 2026-11-24 08:49 UTC",
    ]);
  });
});

describe("the whitelist", () => {
  it("has srvr alone unless told", () => {
    expect([...FOUR_LETTER_WORDS].filter((word) => parseWhitelist("").has(word))).toEqual(["srvr"]);
  });

  it("has every word with a star among its words", () => {
    expect([...parseWhitelist("ruok, *")].toSorted()).toEqual([...FOUR_LETTER_WORDS].toSorted());
  });

  it("takes spaces around its words", () => {
    const words = parseWhitelist(" ruok ,\tmntr");
    expect(["mntr", "ruok", "srvr", "stat"].filter((word) => words.has(word))).toEqual([
      "mntr",
      "ruok",
      "srvr",
    ]);
  });

  it.each(FOUR_LETTER_WORDS)("answers or refuses %s as ZooKeeper with the same one", (word) => {
    const refused = textOf(golden.refused[word]);
    const ours = answerWord({ word }, parseWhitelist("ruok, wchs"), sampleView());
    if (["ruok", "srvr", "wchs"].includes(word)) expect(ours).not.toContain("whitelist");
    else expect(ours).toBe(refused);
  });

  it("a refused word does nothing", () => {
    const view = sampleView();
    answerWord({ word: "stmk", traceMask: 7n }, parseWhitelist(""), view);
    answerWord({ word: "srst" }, parseWhitelist(""), view);
    answerWord({ word: "crst" }, parseWhitelist(""), view);
    expect(view.traceMask.value).toBe(306n);
    expect(view.statistics.packetsReceived).toBe(10);
    expect(view.connections()[0]?.statistics.lastOperation).toBe("GETC");
  });
});
