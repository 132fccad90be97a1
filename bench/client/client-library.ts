/**
 * The client libraries that are compared: this repository's, kazoo and Curator, the latter two as Debian packages them.
 */
import { execFileSync } from "node:child_process";
import { accessSync } from "node:fs";
import { join } from "node:path";
import { CURATOR_JARS, JAVA, JAVA_COMPILER, PYTHON } from "../../test/interop/requirements.ts";
import { messageOf } from "../command-line.ts";
import type { Server } from "../servers.ts";
import type { ProgramSource } from "./lock-program.ts";

export interface ClientLibrary {
  readonly name: LibraryName;
  /** Makes sure that it is installed. @throws Error when it is not. */
  require(): void;
  /** What its programs are run with. */
  readonly source: ProgramSource;
  /** How it is told where a server is; undefined when it does not get there. */
  addressOf(server: Server): string | undefined;
}

export const libraryNames = ["ours", "kazoo", "curator"] as const;
export type LibraryName = (typeof libraryNames)[number];

const programs = join(import.meta.dirname, "programs");

/** Of TCP alone. */
function hostAndPort({ address: { host, port, webSocketPath } }: Server): string | undefined {
  return webSocketPath === undefined ? `${host}:${port}` : undefined;
}

const libraries: readonly ClientLibrary[] = [
  {
    name: "ours",
    require: () => {},
    source: { command: process.execPath, arguments: [join(programs, "edgekeeper-lock.ts")] },
    addressOf: ({ address: { host, port, webSocketPath } }) =>
      webSocketPath === undefined
        ? `zk://${host}:${port}`
        : `ws://${host}:${port}${webSocketPath.replace(/\/zk$/, "")}`,
  },
  {
    name: "kazoo",
    require: () => void execFileSync(PYTHON, ["-c", "import kazoo.client"], { stdio: "pipe" }),
    source: { command: PYTHON, arguments: [join(programs, "kazoo_lock.py")] },
    addressOf: hostAndPort,
  },
  {
    name: "curator",
    require: () => {
      for (const file of [JAVA, JAVA_COMPILER, ...CURATOR_JARS]) accessSync(file);
    },
    // Java compiles a program that is given as its source.
    source: {
      command: JAVA,
      arguments: ["-cp", CURATOR_JARS.join(":"), join(programs, "CuratorLock.java")],
    },
    addressOf: hostAndPort,
  },
];

/** Those of the wanted ones that are installed; `onNote` hears of the others. */
export function findLibraries(
  wanted: readonly LibraryName[],
  onNote: (note: string) => void,
): ClientLibrary[] {
  return libraries.filter((library) => {
    if (!wanted.includes(library.name)) return false;
    try {
      library.require();
      return true;
    } catch (error) {
      onNote(`${library.name}: not measured, it is not installed (${messageOf(error)}).`);
      return false;
    }
  });
}
