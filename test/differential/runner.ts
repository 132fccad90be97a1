/**
 * Plays streams one after the other on one pair of servers, and makes short what fails.
 */
import { type Finding, newTally, type Tally } from "./comparison.ts";
import { generateStream } from "./generator.ts";
import type { Options } from "./options.ts";
import { type Regression, writeRegression } from "./regressions.ts";
import { Servers } from "./servers.ts";
import { shrink } from "./shrinking.ts";
import type { Step } from "./steps.ts";
import { playStream, type StreamResult } from "./stream.ts";

const SHRINK_TRIES_MAX = 600;

export type Print = (line: string) => void;

export class Runner implements AsyncDisposable {
  readonly #options: Options;
  readonly #print: Print;
  readonly tally: Tally = newTally();
  steps = 0;
  passed = 0;
  failed = 0;
  #servers: Servers | undefined;
  #enforceQuota = false;
  #streams = 0;

  constructor(options: Options, print: Print) {
    this.#options = options;
    this.#print = print;
  }

  async playSeed(seed: number): Promise<void> {
    const { ops, sessions, restart, enforceQuota, shrinks } = this.#options;
    const steps = generateStream({ seed, ops, sessions, restart });
    const startMs = performance.now();
    const result = await this.#play({ steps, sessions, enforceQuota }, this.tally);
    const seconds = (performance.now() - startMs) / 1000;
    this.steps += Math.min(result.index + 1, steps.length);
    if (result.finding === undefined) {
      this.passed += 1;
      const rate = Math.round(steps.length / seconds);
      this.#print(`seed ${seed}: ${steps.length} steps, ${rate} a second`);
      return;
    }
    this.failed += 1;
    this.#print(`seed ${seed}: DIFFERENT at step ${result.index} of ${steps.length}`);
    this.#show(result.finding);
    if (shrinks) await this.#shrink(`seed-${seed}`, steps.slice(0, result.index + 1));
  }

  async playRegression(regression: Regression): Promise<void> {
    const { finding, index } = await this.#play(regression, this.tally);
    this.steps += regression.steps.length;
    if (finding === undefined) {
      this.passed += 1;
      return;
    }
    this.failed += 1;
    this.#print(`regression ${regression.name}: DIFFERENT at step ${index}`);
    this.#show(finding);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#servers?.[Symbol.asyncDispose]();
  }

  async #shrink(name: string, steps: readonly Step[]): Promise<void> {
    const { sessions, enforceQuota } = this.#options;
    const play = async (candidate: readonly Step[]): Promise<StreamResult> =>
      await this.#play({ steps: candidate, sessions, enforceQuota }, newTally());
    let tries = 0;
    const fails = async (candidate: readonly Step[]): Promise<boolean> => {
      tries += 1;
      return (await play(candidate)).finding !== undefined;
    };
    if (!(await fails(steps))) {
      this.#print(
        "  it did not fail a second time: a matter of timing, in one of the servers or here",
      );
      return;
    }
    const short = await shrink(steps, fails, SHRINK_TRIES_MAX);
    const { finding } = await play(short);
    const file = writeRegression({ name, sessions, enforceQuota, steps: short });
    this.#print(`  shrunk to ${short.length} steps in ${tries} tries, in ${file}:`);
    for (const step of short) this.#print(`    ${JSON.stringify(step)}`);
    if (finding !== undefined) this.#show(finding);
  }

  async #play(
    stream: Pick<Regression, "steps" | "sessions" | "enforceQuota">,
    tally: Tally,
  ): Promise<StreamResult> {
    const servers = await this.#serversWith(stream.enforceQuota);
    this.#streams += 1;
    const root = `/d${String(this.#streams).padStart(5, "0")}`;
    let isClean = false;
    try {
      const { sessions } = stream;
      const result = await playStream(servers, stream.steps, { root, sessions, tally });
      isClean = result.isClean;
      return result;
    } catch (error) {
      // One of the servers is gone, or does not answer the runner itself.
      const what = `  ${error instanceof Error ? error.message : String(error)}`;
      return { finding: { step: "end", what }, index: stream.steps.length, isClean };
    } finally {
      // Whatever the next stream found on these servers would be this one's doing.
      if (!isClean) await this.#stopServers();
    }
  }

  async #serversWith(enforceQuota: boolean): Promise<Servers> {
    if (this.#servers !== undefined && enforceQuota !== this.#enforceQuota) {
      await this.#stopServers();
    }
    this.#enforceQuota = enforceQuota;
    this.#servers ??= await Servers.start({ enforceQuota });
    return this.#servers;
  }

  async #stopServers(): Promise<void> {
    const servers = this.#servers;
    this.#servers = undefined;
    await servers?.[Symbol.asyncDispose]();
  }

  #show({ step, what }: Finding): void {
    this.#print(`  ${JSON.stringify(step)}`);
    this.#print(what);
  }
}
