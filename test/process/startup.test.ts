/**
 * `npm start` from outside: what it prints, how it starts, fails and ends.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import {
  findChild,
  isRunning,
  node,
  root,
  serveScript,
  startEdgekeeper,
} from "../support/edgekeeper-server.ts";

const cleanUps: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

const freePorts = ["--port", "0", "--zk-port", "0"];

interface Run {
  readonly child: ChildProcess;
  readonly exited: Promise<number>;
  stdout: string;
  stderr: string;
}

function run(file: string, args: readonly string[], options: { detached?: boolean } = {}): Run {
  const child = spawn(file, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], ...options });
  const result: Run = {
    child,
    stdout: "",
    stderr: "",
    exited: new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) =>
        resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]),
      );
    }),
  };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (result.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (result.stderr += chunk));
  cleanUps.push(() => {
    if (isRunning(child.pid as number)) {
      process.kill(options.detached ? -(child.pid as number) : (child.pid as number), "SIGKILL");
    }
  });
  return result;
}

function serve(...args: string[]): Run {
  return run(node, [serveScript, ...args]);
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edgekeeper-startup-"));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5); // The test's own timeout ends it.
}

async function occupyPort(): Promise<number> {
  const server: Server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUps.push(() => server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

async function open(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port });
  socket.on("error", () => {}); // Reset by the server's end.
  cleanUps.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Opens a session and returns the server's reply, without its length. */
async function handshake(socket: Socket, timeoutMs: number): Promise<Buffer> {
  const request = Buffer.alloc(48);
  request.writeInt32BE(44, 0);
  request.writeInt32BE(timeoutMs, 16);
  request.writeInt32BE(16, 28);
  socket.write(request);
  return await readFrame(socket);
}

/** The next frame, of which nothing has arrived yet, without its length. */
async function readFrame(socket: Socket): Promise<Buffer> {
  let reply = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    reply = Buffer.concat([reply, chunk as Buffer]);
    if (reply.length >= 4 && reply.length >= 4 + reply.readInt32BE(0)) break;
  }
  return reply.subarray(4);
}

/** WebSocket messages that have reached the object. */
async function messagesTo(server: { host: string; httpPort: number }): Promise<number> {
  const response = await fetch(`http://${server.host}:${server.httpPort}/v1/default/counters`);
  return ((await response.json()) as { webSocketMessages: number }).webSocketMessages;
}

async function openWebSocket(port: number): Promise<WebSocket> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/v1/default/zk`);
  await new Promise((resolve, reject) => {
    webSocket.addEventListener("open", resolve);
    webSocket.addEventListener("error", () => reject(new Error("no WebSocket")));
  });
  return webSocket;
}

test("prints one line when it serves HTTP and TCP", async () => {
  const data = join(newFolder(), "new", "data");
  const server = serve(...freePorts, "--data", data);
  await until(() => server.stdout.endsWith("\n"));
  const [, http, tcp] =
    /^edgekeeper ready http=http:\/\/127\.0\.0\.1:(\d+) zookeeper=127\.0\.0\.1:(\d+) data=(.*) access=open\n$/.exec(
      server.stdout,
    ) ?? [];
  const health = await fetch(`http://127.0.0.1:${http}/health`);
  expect([health.status, await health.json()]).toEqual([200, { status: "ok" }]);
  const reply = await handshake(await open("127.0.0.1", Number(tcp)), 10_000);
  expect(reply.readInt32BE(4)).toBe(10_000);
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  expect(server.stdout).toMatch(/^.*\n$/);
  expect(server.stdout).toContain(`data=${data} access=open\n`);
  expect(server.stderr).toBe("");
});

test("--help explains the options", async () => {
  const help = serve("--help");
  expect(await help.exited).toBe(0);
  for (const option of ["--host", "--port", "--zk-port", "--data", "--tick-time"]) {
    expect(help.stdout).toContain(option);
  }
});

test("--tick-time bounds the session timeouts", async () => {
  await using server = await startEdgekeeper({ tickTimeMs: 300 });
  const shortest = await handshake(await open(server.host, server.zkPort), 1);
  const longest = await handshake(await open(server.host, server.zkPort), 1_000_000);
  expect([shortest.readInt32BE(4), longest.readInt32BE(4)]).toEqual([600, 6000]);
});

test.each(["localhost", "::1"])("--host %s", async (host) => {
  const server = serve(...freePorts, "--data", newFolder(), "--host", host);
  await until(() => server.stdout.endsWith("\n") || server.stderr !== "");
  const shown = host.includes(":") ? `[${host}]` : host;
  expect(server.stdout).toContain(`http=http://${shown}:`);
  const url = / http=(\S+) /.exec(server.stdout)?.[1];
  expect((await fetch(`${url}/health`)).status).toBe(200);
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
});

test("servers started at once do not disturb each other", async () => {
  const servers = await Promise.all([startEdgekeeper(), startEdgekeeper(), startEdgekeeper()]);
  const replies = await Promise.all(
    servers.map(async (server) => handshake(await open(server.host, server.zkPort), 5000)),
  );
  expect(replies.map((reply) => reply.readInt32BE(4))).toEqual([5000, 5000, 5000]);
  expect(await Promise.all(servers.map((server) => server.stop()))).toEqual([0, 0, 0]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s ends it with exit code 0, connections or not",
  async (signal) => {
    await using server = await startEdgekeeper();
    const silent = await open(server.host, server.zkPort);
    const session = await open(server.host, server.zkPort);
    await handshake(session, 10_000);
    const webSocket = await openWebSocket(server.httpPort);
    const closed = Promise.all([
      once(silent.resume(), "close"),
      once(session.resume(), "close"),
      new Promise((resolve) => webSocket.addEventListener("close", resolve)),
    ]);
    const began = Date.now();
    process.kill(server.pid, signal);
    process.kill(server.pid, signal); // A terminal and npm both send it.
    expect(await server.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(2500);
    await closed;
    expect(isRunning(server.workerdPid)).toBe(false);
    expect(server.output()).toMatch(/^edgekeeper ready .*\n$/);
  },
);

test("a signal during the start ends it with exit code 0", async () => {
  const data = newFolder();
  const server = serve(...freePorts, "--data", data);
  await until(() => existsSync(join(data, "edgekeeper.lock")));
  server.child.kill("SIGTERM");
  expect(await server.exited).toBe(0);
  expect(server.stderr).toBe("");
});

test("leaves nothing in the temporary folder once it serves", async () => {
  const temporary = newFolder();
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(node, [serveScript, ...freePorts, "--data", newFolder()], { env });
  cleanUps.push(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.endsWith("\n"));
  expect(readdirSync(temporary)).toEqual([]);
});

test.each([
  [["--nonsense"], "unknown option '--nonsense' (see --help)"],
  [["--port", "http"], '--port takes a whole number from 0 to 65535, not "http"'],
  [["--port=-1"], '--port takes a whole number from 0 to 65535, not "-1"'],
  [["--zk-port", "65536"], '--zk-port takes a whole number from 0 to 65535, not "65536"'],
  [["--port", "7000", "--zk-port", "7000"], "--port and --zk-port must differ: both are 7000"],
  [["--zk-port", "0", "--port"], "option '--port <value>' argument missing (see --help)"],
  [["7000"], "unexpected argument '7000': with npm, options go after `--` (see --help)"],
  [["--tick-time", "0"], '--tick-time takes a whole number from 1 to 107374182, not "0"'],
  [["--host", "no such host"], "--host no such host: no such address"],
  [
    ["--host", "192.0.2.1", "--var", "ACCESS:open", ...freePorts],
    "--host 192.0.2.1: not an address of this machine",
  ],
  [["--data", ""], "--data must not be empty"],
])("refuses %j in one line", async (args, line) => {
  const data = args.includes("--data") ? [] : ["--data", newFolder()];
  const server = serve(...data, ...args);
  expect(await server.exited).toBe(1);
  expect([server.stdout, server.stderr]).toEqual(["", `edgekeeper: ${line}\n`]);
});

test("says which port is in use", async () => {
  const [one, other] = [String(await occupyPort()), String(await occupyPort())];
  const data = newFolder();
  for (const [port, zkPort, line] of [
    [one, "0", `--port ${one}: in use by another program`],
    ["0", one, `--zk-port ${one}: in use by another program`],
    [
      one,
      other,
      `--port ${one}: in use by another program; --zk-port ${other}: in use by another program`,
    ],
  ] as const) {
    const server = serve("--port", port, "--zk-port", zkPort, "--data", data);
    expect(await server.exited).toBe(1);
    expect([server.stdout, server.stderr]).toEqual(["", `edgekeeper: ${line}\n`]);
  }
});

test("refuses data that is not a directory, or that it cannot write to", async () => {
  const folder = newFolder();
  const file = join(folder, "file");
  writeFileSync(file, "");
  const closed = join(folder, "closed");
  const cases = [
    [file, "not a directory"],
    [join(file, "below"), "cannot write there (ENOTDIR)"],
  ];
  if (process.platform === "linux") {
    cases.push(["/proc/edgekeeper/data", "cannot write there (ENOENT)"]);
  }
  if (process.getuid?.() !== 0) {
    // Root may write anywhere.
    mkdirSync(closed);
    chmodSync(closed, 0o555);
    cases.push([closed, "cannot write there (EACCES)"]);
  }
  for (const [data, reason] of cases) {
    const server = serve(...freePorts, "--data", String(data));
    expect(await server.exited).toBe(1);
    expect([server.stdout, server.stderr]).toEqual(["", `edgekeeper: --data ${data}: ${reason}\n`]);
  }
});

test("one server at a time on the same data", async () => {
  const data = newFolder();
  await using first = await startEdgekeeper({ dataDir: data });
  const second = serve(...freePorts, "--data", data);
  expect(await second.exited).toBe(1);
  expect(second.stderr).toBe(`edgekeeper: --data ${data}: in use by another server\n`);
  expect((await fetch(`http://${first.host}:${first.httpPort}/health`)).status).toBe(200);
  expect(await first.stop()).toBe(0);
  await using third = await startEdgekeeper({ dataDir: data });
  expect(await third.stop()).toBe(0);
});

test("of servers started at once on the same data one serves", async () => {
  const data = newFolder();
  const starts = Array.from({ length: 4 }, () => startEdgekeeper({ dataDir: data }));
  const outcomes = await Promise.allSettled(starts);
  const served = outcomes.filter((outcome) => outcome.status === "fulfilled");
  expect(served).toHaveLength(1);
  for (const { value } of served) expect(await value.stop()).toBe(0);
});

test("killing the launcher with -9 ends workerd as well", async () => {
  const data = newFolder();
  await using server = await startEdgekeeper({ dataDir: data });
  process.kill(server.pid, "SIGKILL");
  await until(() => !isRunning(server.workerdPid));
  await using next = await startEdgekeeper({ dataDir: data });
  expect(await next.stop()).toBe(0);
});

test("a workerd that outlived its launcher and its guard keeps the data to itself", async () => {
  const data = newFolder();
  const server = await startEdgekeeper({ dataDir: data });
  cleanUps.push(() => server.kill());
  const guard = findChild(server.pid, "read -r line");
  process.kill(guard as number, "SIGKILL");
  process.kill(server.pid, "SIGKILL");
  await until(() => !isRunning(server.pid));
  const next = serve(...freePorts, "--data", data);
  expect(await next.exited).toBe(1);
  expect(next.stderr).toBe(`edgekeeper: --data ${data}: in use by another server\n`);
  await server.kill();
  await using last = await startEdgekeeper({ dataDir: data });
  expect(await last.stop()).toBe(0);
});

test("says how workerd died, and fails", async () => {
  const server = serve(...freePorts, "--data", newFolder());
  await until(() => server.stdout.endsWith("\n"));
  process.kill(findChild(server.child.pid as number, "workerd serve") as number, "SIGKILL");
  expect(await server.exited).toBe(1);
  expect(server.stderr).toBe("edgekeeper: workerd was killed by SIGKILL\n");
});

test.each([
  ["npm", "SIGTERM"],
  ["npm", "SIGINT"],
  ["its process group", "SIGTERM"],
  ["its process group", "SIGINT"],
  ["run.mjs", "SIGTERM"],
  ["run.mjs", "SIGINT"],
] as const)("`npm start` ends with exit code 0 when %s gets %s", async (target, signal) => {
  const npm = run("npm", ["start", "--", ...freePorts, "--data", newFolder()], { detached: true });
  await until(() => npm.stdout.includes("edgekeeper ready"));
  const npmPid = npm.child.pid as number;
  const runner = findChild(npmPid, "run.mjs") as number;
  const launcher = findChild(runner, "serve.ts") as number;
  const workerd = findChild(launcher, "workerd serve") as number;
  const pid = { npm: npmPid, "its process group": -npmPid, "run.mjs": runner }[target];
  process.kill(pid, signal);
  expect(await npm.exited).toBe(0);
  expect([runner, launcher, workerd].filter(isRunning)).toEqual([]);
});

test("the bridge lets TCP clients reach a server's WebSockets", async () => {
  await using server = await startEdgekeeper();
  const url = `ws://${server.host}:${server.httpPort}/v1/default/zk`;
  const script = join(root, "scripts", "bridge.ts");
  const bridge = run(node, [script, "--url", url, "--zk-port", "0"]);
  await until(() => bridge.stdout.endsWith("\n"));
  const port = /^edgekeeper bridge ready zookeeper=127\.0\.0\.1:(\d+) url=/.exec(
    bridge.stdout,
  )?.[1];
  const client = await open("127.0.0.1", Number(port));
  expect((await handshake(client, 10_000)).readInt32BE(4)).toBe(10_000);
  // A ping wakes nobody: the object hears of it only when it asks the platform.
  const before = await messagesTo(server);
  for (let pings = 1; pings <= 3; pings++) {
    client.write(Buffer.from("00000008fffffffe0000000b", "hex"));
    const pong = await readFrame(client);
    expect(pong.length).toBe(16);
    expect(pong.readInt32BE(0)).toBe(-2);
  }
  expect(await messagesTo(server)).toBe(before);
  const again = run(node, [script, "--url", url, "--zk-port", String(port)]);
  expect(await again.exited).toBe(1);
  expect(again.stderr).toBe(`edgekeeper bridge: --zk-port ${port}: in use by another program\n`);
  bridge.child.kill("SIGTERM");
  expect(await bridge.exited).toBe(0);
  expect(bridge.stderr).toBe("");
});
