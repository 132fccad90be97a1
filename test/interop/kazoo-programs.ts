/** The Python scripts of a folder, as programs of checks; what they share is in `kazoo/support`. */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { CheckProgram } from "./check-program.ts";
import { PYTHON } from "./requirements.ts";

const SHARED = join(import.meta.dirname, "kazoo");

export function kazooPrograms(folder: string): CheckProgram[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".py"));
  return files.toSorted().map((file) => ({
    name: `kazoo ${basename(file, ".py")}`,
    command: PYTHON,
    // -B: the scripts import a module beside them, which must not leave a __pycache__ in the tree.
    arguments: ["-B", join(folder, file)],
    env: { PYTHONPATH: SHARED },
  }));
}
