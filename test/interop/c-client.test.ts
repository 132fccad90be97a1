/** ZooKeeper's own client for C, with a test for each check of the programs in `c-client/`. */
import { join } from "node:path";
import { describeChecks } from "./check-program.ts";
import { cPrograms } from "./compiled-programs.ts";

for (const program of cPrograms(join(import.meta.dirname, "c-client"))) describeChecks(program);
