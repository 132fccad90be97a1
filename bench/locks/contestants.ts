/**
 * Ways to acquire and release a lock.
 */
import { type Agent, request } from "node:http";
import type { LockServer } from "./lock-server.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { RedisServer } from "./redis-server.ts";

export interface LockContestant {
  readonly name: string;
  /** Of the server. */
  readonly pid: number | undefined;
  /** Acquires a lock that is free, and releases it. */
  cycle(name: string): Promise<void>;
}

const TTL_MS = 10_000;

/** Two requests to the HTTP API. */
export function overHTTP({ httpPort: port, pid }: LockServer, agent: Agent): LockContestant {
  const body = JSON.stringify({ ttlMs: TTL_MS });
  return {
    name: "Edgekeeper over HTTP",
    pid,
    cycle: async (name) => {
      const path = `/v1/bench/locks/${name}`;
      const acquired = await ask(
        agent,
        port,
        "POST",
        path,
        { "content-type": "application/json" },
        body,
      );
      const { id } = JSON.parse(expectStatus(acquired, 200)) as { readonly id: string };
      expectStatus(await ask(agent, port, "DELETE", path, { "edgekeeper-lock": id }), 204);
    },
  };
}

/** One request to a Worker, which does it over RPC. */
export function overRPC({ workerPort: port, pid }: LockServer, agent: Agent): LockContestant {
  return {
    name: "Edgekeeper over RPC",
    pid,
    cycle: async (name) => {
      expectStatus(await ask(agent, port, "GET", `/${name}?ttlMs=${TTL_MS}`, {}), 200);
    },
  };
}

/** Deletes a key only while it has the value that its holder gave it. */
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) else return 0 end`;

/** SET NX PX, and a script to release it. There is no fencing token, and nobody waits in line. */
export function withRedis({ pid }: RedisServer, connection: RedisConnection): LockContestant {
  let next = 0;
  return {
    name: "Redis SET NX PX",
    pid,
    cycle: async (name) => {
      const value = `holder-${next++}`;
      const set = await connection.ask("SET", name, value, "NX", "PX", String(TTL_MS));
      if (set !== "OK") throw new Error(`SET: ${set}`);
      const deleted = await connection.ask("EVAL", RELEASE, "1", name, value);
      if (deleted !== 1) throw new Error(`EVAL: ${deleted}`);
    },
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(
  agent: Agent,
  port: number,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { agent, host: "127.0.0.1", port, method, path, headers };
    const outgoing = request(options, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
      incoming.once("error", reject);
    });
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

function expectStatus({ status, text }: Answer, wanted: number): string {
  if (status !== wanted) throw new Error(`${status} instead of ${wanted}: ${text}`);
  return text;
}
