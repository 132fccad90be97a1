/**
 * Ends a child process when its parent is gone without having done so, by `kill -9` say.
 */
import { type ChildProcess, spawn } from "node:child_process";

/**
 * A shell that waits for the end of a pipe whose other end only this process holds, and then kills `pid`. It is in a
 * session of its own, out of reach of signals to our process group. Disposed of when `pid` is known to have ended.
 */
export function guardAgainstOrphan(pid: number): Disposable {
  if (process.platform === "win32") return { [Symbol.dispose]: () => {} }; // No such shell.
  const shell: ChildProcess = spawn("/bin/sh", ["-c", 'read -r line; kill -9 "$0"', String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  shell.on("error", () => {
    // No shell, no guard: the next launcher still finds the orphan by its lock on the data.
  });
  return { [Symbol.dispose]: () => shell.kill("SIGKILL") };
}
