/** Compiles programs of checks against a client as Debian packages it, into a folder that the test file removes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll } from "vitest";
import type { CheckProgram } from "./check-program.ts";
import { C_COMPILER, CURATOR_JARS, JAVA, JAVA_COMPILER } from "./requirements.ts";

/** A short-lived JVM is best off with little of everything. */
const JVM_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx192m"];
const CURATOR_SHARED = join(import.meta.dirname, "curator", "support");
const C_SHARED = join(import.meta.dirname, "c-client", "support");
/** THREADED is what the client's headers want for its synchronous calls. */
const C_FLAGS = ["-std=gnu11", "-O1", "-g", "-Wall", "-pthread", "-DTHREADED", "-I", C_SHARED];

/** The classes `…Checks` of a folder; what they share is in `curator/support`. */
export function curatorPrograms(folder: string): CheckProgram[] {
  const sources = filesOf(folder, ".java");
  const classes = temporaryFolder();
  const classPath = CURATOR_JARS.join(":");
  const compilerFlags = ["-nowarn", "-Xlint:-deprecation", "-d", classes, "-cp", classPath];
  compile(JAVA_COMPILER, [
    ...JVM_FLAGS.map((flag) => `-J${flag}`),
    ...compilerFlags,
    ...filesOf(CURATOR_SHARED, ".java"),
    ...sources,
  ]);
  return sources.map((source) => {
    const className = basename(source, ".java");
    return {
      name: `Curator ${className}`,
      command: JAVA,
      arguments: [...JVM_FLAGS, "-cp", `${classes}:${classPath}`, "support.Harness", className],
    };
  });
}

/** The `.c` files of a folder, a program each; what they share is in `c-client/support`. */
export function cPrograms(folder: string): CheckProgram[] {
  const binaries = temporaryFolder();
  return filesOf(folder, ".c").map((source) => {
    const name = basename(source, ".c");
    const binary = join(binaries, name);
    const shared = filesOf(C_SHARED, ".c");
    compile(C_COMPILER, [...C_FLAGS, "-o", binary, source, ...shared, "-lzookeeper_mt"]);
    return { name: `C client ${name}`, command: binary, arguments: [] };
  });
}

function filesOf(folder: string, suffix: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(suffix));
  return files.toSorted().map((file) => join(folder, file));
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "edgekeeper-interop-"));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** @throws Error with what the compiler said. */
function compile(compiler: string, args: readonly string[]): void {
  execFileSync(compiler, args, { stdio: "pipe" });
}
