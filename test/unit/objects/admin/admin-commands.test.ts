/** Every command of the AdminServer answers as ZooKeeper 3.8.0 answered in the same state. */
import { describe, expect, it } from "vitest";
import {
  type AdminResponse,
  listAdminCommands,
  runAdminCommand,
} from "../../../../src/objects/admin/admin-commands.ts";
import type { AdminView } from "../../../../src/objects/admin/admin-view.ts";
import { golden, masked, textOf } from "./golden.ts";
import {
  LEFT_OUT_ENVIRONMENT,
  LEFT_OUT_METRICS,
  LEFT_OUT_SERVER_STATS,
  without,
} from "./left-out.ts";
import { FIRST, NOW_MS, SECOND, sampleView } from "./sample-view.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Runs a command as it stands in a URL behind `/commands/`. */
function run(command: string, view: AdminView = sampleView()): AdminResponse {
  const [name = "", query = ""] = command.split("?");
  return runAdminCommand(name, new Map(new URLSearchParams(query)), view);
}

function fieldsOf(text: string): Fields {
  return JSON.parse(text) as Fields;
}

function recorded(command: string): Fields {
  return fieldsOf(textOf(golden.commands[command]));
}

function withoutSizes(text: string): string {
  return text.replace(/("(data|log)dir_size" : )\d+/g, "$1<number>");
}

/** What a reset changes of the connections of sessions. */
function resettable({ connections }: Fields): unknown {
  const ofSessions = (connections as Fields[]).filter(({ session_id: id }) => id !== 0);
  const changing = ["last_operation", "last_cxid", "last_zxid", "packets_received", "packets_sent"];
  return ofSessions.map((connection) => changing.map((name) => connection[name]));
}

/** The names of an object in order, and of the objects in it; of those in a list once. */
function names(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((inner) => JSON.stringify(names(inner))))];
  if (typeof value !== "object" || value === null) return null;
  return Object.entries(value).map(([name, inner]) => [name, names(inner)]);
}

describe("a command's answer, to the letter", () => {
  const unchanging = [
    "dirs",
    "get_trace_mask",
    "hash",
    "is_read_only",
    "leader",
    "observers",
    "ruok",
    "set_trace_mask",
    "set_trace_mask?traceMask=x",
    "set_trace_mask?traceMask=+7",
    "voting_view",
    "watch_summary",
    "zabstate",
    "set_trace_mask?traceMask=9223372036854775808",
    "stmk?traceMask=-9223372036854775808",
    "nonsense",
    "ruok/nonsense",
    "RUOK",
    "observer_connection_stat_reset",
    "connection_stat_reset",
    "stat_reset",
  ];
  it.each(unchanging)("%s is ZooKeeper's", (command) => {
    const { status, contentType, body } = run(command);
    expect(status).toBe(200);
    expect(contentType).toBe(golden.contentType);
    expect(withoutSizes(body)).toBe(withoutSizes(textOf(golden.commands[command])));
  });

  it("set_trace_mask keeps all 64 bits", () => {
    const view = sampleView();
    run("set_trace_mask?traceMask=-9223372036854775808", view);
    expect(run("gtmk", view).body).toContain('"tracemask" : -9223372036854775808,');
  });
});

describe("the names of a command", () => {
  it.each(Object.entries(golden.commandOf))("%s is another one of %s", (name, command) => {
    expect(fieldsOf(run(name).body)["command"]).toBe(command);
  });

  it("are listed with links, as ZooKeeper lists them", () => {
    expect(listAdminCommands("/commands").body).toBe(textOf(golden.index.body));
  });
});

describe("a command's fields", () => {
  const variable = [
    "configuration",
    "connections",
    "initial_configuration",
    "last_snapshot",
    "watches",
    "watches_by_path",
    "dump",
  ];

  it.each(variable)("%s has ZooKeeper's", (command) => {
    const named = (fields: Fields): unknown =>
      // The names below are session ids, times and paths.
      ["watches", "watches_by_path", "dump"].includes(command)
        ? Object.keys(fields)
        : names(fields);
    expect(named(fieldsOf(run(command).body))).toEqual(named(recorded(command)));
  });

  it.each(["server_stats", "stats"])("%s has ZooKeeper's but those left out", (command) => {
    const ours = fieldsOf(run(command).body);
    const theirs = recorded(command);
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(names(ours["client_response"])).toEqual(names(theirs["client_response"]));
    expect(names(ours["connections"])).toEqual(names(theirs["connections"]));
    const expected = without(Object.keys(theirs["server_stats"] as Fields), LEFT_OUT_SERVER_STATS);
    expect(Object.keys(ours["server_stats"] as Fields).toSorted()).toEqual(expected.toSorted());
  });

  it("monitor and environment have ZooKeeper's but those left out", () => {
    const monitor = without(Object.keys(recorded("monitor")), LEFT_OUT_METRICS);
    expect(Object.keys(fieldsOf(run("monitor").body)).toSorted()).toEqual(monitor.toSorted());
    const environment = without(Object.keys(recorded("environment")), LEFT_OUT_ENVIRONMENT);
    expect(Object.keys(fieldsOf(run("environment").body))).toEqual(environment);
  });

  it("system_properties has none", () => {
    expect(fieldsOf(run("system_properties").body)).toEqual({
      command: "system_properties",
      error: null,
    });
  });
});

describe("a command's values", () => {
  it("connections are one by one, in full", () => {
    const { connections } = fieldsOf(run("connections").body) as { connections: Fields[] };
    expect(connections[0]).toEqual({
      remote_socket_address: "127.0.0.1:50001",
      interest_ops: 1,
      outstanding_requests: 0,
      packets_received: 6,
      packets_sent: 6,
      session_id: FIRST,
      last_operation: "GETC",
      established: NOW_MS - 20_000,
      session_timeout: 30_000,
      last_cxid: 5,
      last_zxid: 5,
      last_response_time: NOW_MS,
      last_latency: 3,
      min_latency: 3,
      avg_latency: 3,
      max_latency: 3,
    });
  });

  it("connections are after a reset what ZooKeeper's are", () => {
    const view = sampleView();
    run("connection_stat_reset", view);
    const theirs = fieldsOf(textOf(golden.resetCommands["connections"]));
    const ours = fieldsOf(run("connections", view).body);
    expect(resettable(ours)).toEqual(resettable(theirs));
  });

  it("server_stats after a reset has no sizes of replies", () => {
    const view = sampleView();
    run("stat_reset", view);
    const ours = fieldsOf(run("server_stats", view).body);
    const theirs = fieldsOf(textOf(golden.resetCommands["server_stats"]));
    expect(ours["client_response"]).toEqual(theirs["client_response"]);
  });

  it("dump has sessions by expiry and ephemerals by session", () => {
    expect(fieldsOf(run("dump").body)).toEqual({
      expiry_time_to_session_ids: { [NOW_MS + 22_000]: [FIRST, SECOND] },
      session_id_to_ephemeral_paths: { [FIRST]: ["/scene/ephemeral"] },
      command: "dump",
      error: null,
    });
  });

  it("watches are those on data, by session and by path", () => {
    expect(fieldsOf(run("watches").body)["session_id_to_watched_paths"]).toEqual({
      [FIRST]: ["/scene", "/scene/missing"],
      [SECOND]: ["/scene"],
    });
    expect(fieldsOf(run("watches_by_path").body)["path_to_session_ids"]).toEqual({
      "/scene": [FIRST, SECOND],
      "/scene/missing": [FIRST],
    });
  });

  it("last_snapshot says that there is none", () => {
    expect(run("last_snapshot").body).toContain(
      '"zxid" : "ffffffffffffffff",\n  "timestamp" : -1,',
    );
  });

  it("initial_configuration is a zoo.cfg of the settings", () => {
    const { initial_configuration: text } = fieldsOf(run("initial_configuration").body);
    expect(masked(String(text))).toBe(
      [
        "tickTime=2000",
        "minSessionTimeout=4000",
        "maxSessionTimeout=40000",
        "maxClientCnxns=0",
        "clientPort=<number>",
        "dataDir=<text>",
        "4lw.commands.whitelist=*",
        "",
      ].join("\n"),
    );
  });
});
