/** The kazoo scripts, with a test for each of their checks. */
import { join } from "node:path";
import { describeChecks } from "./check-program.ts";
import { kazooPrograms } from "./kazoo-programs.ts";

for (const program of kazooPrograms(join(import.meta.dirname, "kazoo"))) describeChecks(program);
