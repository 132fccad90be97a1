/**
 * Starts a real, standalone ZooKeeper 3.8.0 (the Debian package `zookeeper`) on a loopback port, for tests that ask the
 * real server instead of our memory of it. Needs only Node builtins, a Java runtime and the package's jars.
 *
 * The server is production-shaped where it matters to what a client sees: fsync is on, `jute.maxbuffer` and the tick
 * are the defaults unless told otherwise, and extended types (TTL) are off. It is small and quick to start where it does not:
 * serial GC, C1 only, a small heap.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export interface RealZooKeeperOptions {
  /** `tickTime`; session timeouts are clamped to [2, 20] ticks. Default 2000, as in the shipped zoo.cfg. */
  readonly tickTimeMs?: number;
  /** `maxSessionTimeout`, when 20 ticks is not what a test wants. */
  readonly maxSessionTimeoutMs?: number;
  /** Added after our own, so they win: `-Dzookeeper.extendedTypesEnabled=true`, `-Djute.maxbuffer=…`. */
  readonly extraJvmFlags?: readonly string[];
  /** Largest Java heap in MiB. Default 192. */
  readonly heapMb?: number;
  /** `4lw.commands.whitelist`. Default `*`. */
  readonly fourLetterWords?: string;
  /** Whether it serves the AdminServer's commands as well, on a port of its own. */
  readonly adminServer?: boolean;
}

export interface RealZooKeeper extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** The AdminServer's; undefined when it is not served. */
  readonly adminPort: number | undefined;
  /** Holds `zoo.cfg`, `server.log` and the server's own `version-2`. */
  readonly dataDir: string;
  /** The Java process's id; another one after `restart()`. */
  readonly pid: number;
  /** SIGTERM, waits for the exit, removes the data directory. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL, as in a crash, and waits for the exit. The data directory stays, for `restart()`; `stop()` removes it. */
  kill(): Promise<void>;
  /** Stops the server if it runs, then starts it on the same port and data directory. */
  restart(): Promise<void>;
}

export interface ZooKeeperJars {
  /** What to give to `java -cp`: the server, the client, zkCli, and an SLF4J binding. */
  readonly classPath: string;
  readonly java: string;
}

const host = "127.0.0.1";
const jarDirectory = "/usr/share/java";
const startTimeoutMs = 60_000;
const stopTimeoutMs = 20_000;
const startAttemptsMax = 3;

/** Where Debian's `zookeeper` package put its jars; `undefined` if it is not installed. */
export function findZooKeeperJars(): ZooKeeperJars | undefined {
  const server = join(jarDirectory, "zookeeper.jar");
  const java = ["/usr/bin/java", join(process.env["JAVA_HOME"] ?? "/nonexistent", "bin/java")].find(
    (path) => existsSync(path),
  );
  if (!existsSync(server) || java === undefined) {
    return undefined;
  }
  // The server jar's manifest names every dependency except a logger and the AdminServer's servlets. zookeeper-jute.jar
  // is spelled out because Java's single-file source mode compiles against the class path as given and does not follow
  // the manifest.
  const others = ["zookeeper-jute.jar", "slf4j-api.jar", "slf4j-simple.jar", "servlet-api.jar"];
  const present = others.map((name) => join(jarDirectory, name)).filter((path) => existsSync(path));
  return { classPath: [server, ...present].join(":"), java };
}

/** Like `findZooKeeperJars`, but missing jars are an error that says how to get them. */
export function requireZooKeeperJars(): ZooKeeperJars {
  const jars = findZooKeeperJars();
  if (jars === undefined) {
    throw new Error(
      `No ZooKeeper in ${jarDirectory}: run \`apt-get install -y zookeeper\` (Debian 12 has 3.8.0)`,
    );
  }
  return jars;
}

/**
 * Starts a server on a free loopback port with an empty data directory, and returns once it answers a handshake.
 * No session is created by the wait, so the caller's first session gets zxid 1.
 */
export async function startRealZooKeeper(
  options: RealZooKeeperOptions = {},
): Promise<RealZooKeeper> {
  const jars = requireZooKeeperJars();
  let failure: unknown;
  // A port found free may be taken before Java binds it; that is the one failure worth another attempt.
  for (let attempt = 0; attempt < startAttemptsMax; attempt++) {
    const adminPort = options.adminServer === true ? await freePort() : undefined;
    const server = new Server(jars, options, await freePort(), adminPort, await newDataDir());
    try {
      await server.start();
      return server;
    } catch (error) {
      failure = error;
      await server.stop();
      if (!String(error).includes("Address already in use")) {
        break;
      }
    }
  }
  throw failure;
}

class Server implements RealZooKeeper {
  readonly host = host;
  readonly port: number;
  readonly adminPort: number | undefined;
  readonly dataDir: string;
  readonly #jars: ZooKeeperJars;
  readonly #options: RealZooKeeperOptions;
  #child: ChildProcess | undefined;

  constructor(
    jars: ZooKeeperJars,
    options: RealZooKeeperOptions,
    port: number,
    adminPort: number | undefined,
    dataDir: string,
  ) {
    this.#jars = jars;
    this.#options = options;
    this.port = port;
    this.adminPort = adminPort;
    this.dataDir = dataDir;
    process.once("exit", this.#onProcessExit);
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  async start(): Promise<void> {
    const logFile = join(this.dataDir, "server.log");
    const configFile = join(this.dataDir, "zoo.cfg");
    await writeFile(configFile, this.#config());
    const child = spawn(this.#jars.java, this.#javaArguments(logFile, configFile), {
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child = child;
    let stderr = "";
    child.stderr?.on(
      "data",
      (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)),
    );
    child.once("error", (error) => (stderr += String(error)));
    const deadline = Date.now() + startTimeoutMs;
    while (!(await answersHandshake(this.port))) {
      const exited = child.pid === undefined || hasExited(child);
      if (exited || Date.now() > deadline) {
        const log = await readFile(logFile, "utf8").catch(() => "(no log was written)");
        const what = exited ? "exited at once" : `did not serve within ${startTimeoutMs} ms`;
        throw new Error(`ZooKeeper ${what}.\n${stderr}\n${log.slice(-4000)}`);
      }
      await delay(50);
    }
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    process.off("exit", this.#onProcessExit);
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    if (!existsSync(this.dataDir)) {
      throw new Error(`restart() after stop(): ${this.dataDir} is gone; use kill() to keep it`);
    }
    await this.#end("SIGTERM");
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined || hasExited(child)) {
      return;
    }
    const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
    await exited;
    clearTimeout(timer);
  }

  readonly #onProcessExit = (): void => {
    this.#child?.kill("SIGKILL");
    rmSync(this.dataDir, { recursive: true, force: true });
  };

  #config(): string {
    const { tickTimeMs = 2000, maxSessionTimeoutMs, fourLetterWords = "*" } = this.#options;
    const { adminPort } = this;
    return [
      `tickTime=${tickTimeMs}`,
      `dataDir=${this.dataDir}`,
      `clientPort=${this.port}`,
      `clientPortAddress=${host}`,
      `admin.enableServer=${adminPort !== undefined}`,
      ...(adminPort === undefined
        ? []
        : [`admin.serverAddress=${host}`, `admin.serverPort=${adminPort}`]),
      `4lw.commands.whitelist=${fourLetterWords}`,
      "maxClientCnxns=0",
      ...(maxSessionTimeoutMs === undefined ? [] : [`maxSessionTimeout=${maxSessionTimeoutMs}`]),
      "",
    ].join("\n");
  }

  #javaArguments(logFile: string, configFile: string): string[] {
    return [
      `-Xmx${this.#options.heapMb ?? 192}m`,
      "-XX:+UseSerialGC",
      "-XX:TieredStopAtLevel=1",
      "-XX:-UsePerfData",
      "-Xshare:auto",
      "-Djava.net.preferIPv4Stack=true",
      "-Dzookeeper.jmx.log4j.disable=true",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
      "-Dorg.slf4j.simpleLogger.showDateTime=true",
      `-Dorg.slf4j.simpleLogger.logFile=${logFile}`,
      ...(this.#options.extraJvmFlags ?? []),
      "-cp",
      this.#jars.classPath,
      "org.apache.zookeeper.server.quorum.QuorumPeerMain",
      configFile,
    ];
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function newDataDir(): Promise<string> {
  return await mkdtemp(join(tmpdir(), "real-zookeeper-"));
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null
          ? resolve(address.port)
          : reject(new Error("a listening socket has no address")),
      );
    });
  });
}

/**
 * True once the server answers a ConnectRequest. The request asks for a session that cannot exist (id 1, wrong
 * password): the server's "expired" reply proves that the request pipeline runs, and costs no session and no zxid.
 */
async function answersHandshake(port: number): Promise<boolean> {
  const request = Buffer.alloc(4 + 44);
  request.writeInt32BE(44, 0);
  request.writeInt32BE(10_000, 16); // timeOut; protocolVersion and lastZxidSeen stay 0
  request.writeBigInt64BE(1n, 20); // sessionId
  request.writeInt32BE(16, 28); // passwd: 16 zero bytes
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (served: boolean): void => {
      socket.destroy();
      resolve(served);
    };
    let received = 0;
    socket.setTimeout(2000, () => finish(false));
    socket.on("error", () => finish(false));
    socket.on("close", () => resolve(false));
    socket.on("connect", () => socket.write(request));
    socket.on("data", (chunk) => {
      received += chunk.length;
      if (received >= 40) {
        finish(true);
      }
    });
  });
}
