/**
 * The cases in a page of headless Chromium. The page is one of the server's own, since those are the pages that an open server lets
 * in; it comes through the proxy, whose port is then part of its origin and of the WebSocket's address alike.
 */
import { type Browser, chromium, type Page } from "playwright-core";
import { FaultyProxy } from "../../support/faulty-proxy.ts";
import type { NetworkFailure } from "../suite/contract-case.ts";
import { bundle, type ContractRuntime, failAt } from "./contract-runtime.ts";

export interface ChromiumRuntime extends ContractRuntime {
  /** For tests of their own. */
  readonly page: Page;
}

export async function startChromiumRuntime(
  executablePath: string,
  host: string,
  port: number,
): Promise<ChromiumRuntime> {
  const proxy = await FaultyProxy.start(host, port);
  const browser = await launch(executablePath);
  const page = await browser.newPage();
  await page.exposeFunction("failNetwork", (failure: NetworkFailure) => failAt(proxy, failure));
  await page.goto(`http://127.0.0.1:${proxy.port}/health`);
  const suite = { format: "iife", platform: "browser", globalName: "contract" } as const;
  await page.addScriptTag({ content: await bundle("suite/run-case.ts", suite) });
  const surroundings = `{
    url: location.origin.replace("http", "ws") + "/v1/chromium",
    fail: failNetwork,
  }`;
  return {
    page,
    run: (name) => page.evaluate(`contract.runCase(${JSON.stringify(name)}, ${surroundings})`),
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

async function launch(executablePath: string): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    // Its sandbox does not work for root; what it opens here is our own.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}
