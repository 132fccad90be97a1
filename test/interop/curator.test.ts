/** Curator, with a test for each check of the classes in `curator/`. */
import { join } from "node:path";
import { describeChecks } from "./check-program.ts";
import { curatorPrograms } from "./compiled-programs.ts";

for (const program of curatorPrograms(join(import.meta.dirname, "curator"))) {
  describeChecks(program);
}
