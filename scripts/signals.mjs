/**
 * Stands in for a child process towards whoever sends signals, and reports how it ended.
 */
import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

/**
 * Waits for a child, forwarding signals to it, and returns the exit code to end with: its own, or what a shell would
 * say of the signal that killed it.
 *
 * A terminal sends Ctrl-C and a hang-up to the child as well. `terminalInterrupts` says that the child should not get
 * it a second time from here: to some tools that means "now, without cleaning up".
 */
export async function interruptible(child, { terminalInterrupts }) {
  const fromTerminal = terminalInterrupts && process.stdin.isTTY;
  const forward = (signal) => {
    if (signal === "SIGTERM" || !fromTerminal) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
    });
  } finally {
    for (const signal of signals) process.off(signal, forward);
  }
}
