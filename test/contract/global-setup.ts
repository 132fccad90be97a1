/** Runs once before the contract suite: looks for Chromium, and provides where it is. */
import type { TestProject } from "vitest/node";
import { findChromium } from "./runtimes/installed-chromium.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The path of Chromium; undefined where there is none. */
    chromium: string | undefined;
  }
}

export default function setup(project: TestProject): void {
  const found = findChromium();
  if ("missing" in found)
    process.stderr.write(`contract: no browser is tested: ${found.missing}\n`);
  project.provide("chromium", "path" in found ? found.path : undefined);
}
