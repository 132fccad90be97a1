/**
 * What the interop suite needs from the machine: ZooKeeper's own shell (`zkCli.sh` and a JVM), its
 * client for C, Curator and kazoo, all as Debian packages them, and the compilers for what uses
 * them. They are the reference clients, so the suite never runs without them: they are installed
 * where that is possible without asking, and otherwise the run fails with the command to type.
 */
import { spawnSync } from "node:child_process";

export const ZKCLI = "/usr/share/zookeeper/bin/zkCli.sh";
/** Debian's `zkEnv.sh` names this JVM, so another one on the PATH does not help. */
export const JAVA = "/usr/bin/java";
/** The system's Python: a pyenv or virtualenv interpreter does not see Debian's kazoo. */
export const PYTHON = "/usr/bin/python3";

export const JAVA_COMPILER = "/usr/bin/javac";
export const C_COMPILER = "/usr/bin/gcc";
/** The jars name what they need in turn; a compiler wants ZooKeeper's own spelled out. Logs go nowhere. */
export const CURATOR_JARS = [
  "curator-recipes.jar",
  "curator-framework.jar",
  "curator-client.jar",
  "zookeeper.jar",
  "zookeeper-jute.jar",
  "slf4j-nop.jar",
].map((jar) => `/usr/share/java/${jar}`);

/** Curator's x-discovery, and what reads its JSON. */
export const DISCOVERY_JARS = [
  "curator-x-discovery.jar",
  "jackson-core.jar",
  "jackson-databind.jar",
  "jackson-annotations.jar",
].map((jar) => `/usr/share/java/${jar}`);

const PACKAGES = [
  "zookeeper",
  "python3-kazoo",
  "libcurator-recipes-java",
  "libcurator-discovery-java",
  "default-jdk-headless",
  "libzookeeper-mt-dev",
  "gcc",
  "libc6-dev",
];
const INSTALL_COMMAND = `sudo apt-get update && sudo apt-get install -y ${PACKAGES.join(" ")}`;

interface Requirement {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
}

const REQUIREMENTS: readonly Requirement[] = [
  { name: `zkCli (${ZKCLI})`, command: ["/usr/bin/test", "-r", ZKCLI] },
  { name: `java (${JAVA})`, command: [JAVA, "-version"] },
  { name: `kazoo (for ${PYTHON})`, command: [PYTHON, "-c", "import kazoo.client"] },
  ...[...CURATOR_JARS, ...DISCOVERY_JARS].map((jar): Requirement => ({
    name: jar,
    command: ["/usr/bin/test", "-r", jar],
  })),
  { name: `javac (${JAVA_COMPILER})`, command: [JAVA_COMPILER, "-version"] },
  { name: `gcc (${C_COMPILER})`, command: [C_COMPILER, "--version"] },
  {
    name: "the C client (zookeeper/zookeeper.h)",
    command: ["/usr/bin/test", "-r", "/usr/include/zookeeper/zookeeper.h"],
  },
];

/**
 * Returns once all of this can be run, installing it first when this process may (it is root, and
 * there is apt-get).
 *
 * @throws Error naming what is missing and the exact command that installs it.
 */
export function ensureInteropPackages(): void {
  const missing = missingRequirements();
  if (missing.length === 0) return;
  if (!mayInstall()) throw new Error(explain(missing, "this process cannot install packages"));

  process.stderr.write(
    `interop: missing ${missing.join(", ")}; installing ${PACKAGES.join(" ")}\n`,
  );
  for (const args of [["update"], ["install", "-y", ...PACKAGES]]) {
    if (!succeeds(["apt-get", ...args], "show")) {
      throw new Error(explain(missing, `"apt-get ${args.join(" ")}" failed`));
    }
  }
  const stillMissing = missingRequirements();
  if (stillMissing.length > 0)
    throw new Error(explain(stillMissing, "installing the packages did not provide it"));
}

function missingRequirements(): string[] {
  return REQUIREMENTS.filter(({ command }) => !succeeds(command, "hide")).map(({ name }) => name);
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && succeeds(["apt-get", "--version"], "hide");
}

function succeeds(
  [program, ...args]: readonly [string, ...string[]],
  output: "show" | "hide",
): boolean {
  const { status } = spawnSync(program, args, {
    // stdout belongs to the test reporter, so what apt-get says goes to stderr.
    stdio: output === "show" ? ["ignore", 2, 2] : "ignore",
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
  });
  return status === 0;
}

function explain(missing: readonly string[], reason: string): string {
  return `The interop tests need ${missing.join(", ")}, and ${reason}. Run: ${INSTALL_COMMAND}`;
}
