/**
 * Where Chromium is. Nothing downloads one: it is the system's, as a package of the system installs it.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/**
 * The path of the installed one, or why there is none to run. On a machine that checks changes (`CI` is set) Debian's is
 * installed first, where that is possible.
 */
export function findChromium(): { readonly path: string } | { readonly missing: string } {
  const installed = PLACES.find(isExecutable);
  if (installed !== undefined) return { path: installed };
  const missing = `there is no Chromium at ${PLACES.join(", ")}; try apt-get install chromium`;
  if (!process.env["CI"]) return { missing };
  for (const args of [["update"], ["install", "-y", "chromium"]]) {
    // stdout belongs to the test reporter.
    spawnSync("apt-get", args, {
      stdio: ["ignore", 2, 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
  }
  const path = PLACES.find(isExecutable);
  return path === undefined ? { missing } : { path };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
