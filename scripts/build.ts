/** `npm run build`: makes dist/, the package's modules and types, and says how large what a user ships is. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand, UserError } from "./command.ts";
import { GZIPPED_BYTES_MAX, measureBundle } from "./package/bundle-size.ts";
import { buildModules } from "./package/modules.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

await runCommand("build", async () => {
  await buildModules(root);
  const { minifiedBytes, gzippedBytes } = await measureBundle(root);
  const text = `connect and Lock: ${minifiedBytes} bytes minified, ${gzippedBytes} gzipped`;
  // Not where npm pack prints its report.
  process.stderr.write(`${text}, of at most ${GZIPPED_BYTES_MAX}\n`);
  if (gzippedBytes > GZIPPED_BYTES_MAX) throw new UserError("that is too much");
});
