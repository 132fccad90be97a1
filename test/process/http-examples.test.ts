/**
 * What the pages for users show in `console` is what one sees: each page's commands run in their order on a new server. `…` stands for
 * what is different each time.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { root, startEdgekeeper } from "../support/edgekeeper-server.ts";

const run = promisify(execFile);

interface Example {
  readonly command: string;
  readonly output: string;
}

function examplesIn(page: string): Example[] {
  const text = readFileSync(join(root, "docs", page), "utf8");
  return [...text.matchAll(/^```console\n([^]*?)^```/gm)].flatMap(([, block = ""]) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((example) => {
        const end = example.indexOf("\n");
        return { command: example.slice(0, end), output: example.slice(end + 1).trim() };
      }),
  );
}

/** Whether a text is as shown. */
function patternOf(output: string): RegExp {
  const parts = output.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^]*?")}$`);
}

const hasCurl = await run("curl", ["--version"]).then(
  () => true,
  () => false,
);

it.for(["http-api.md", "edge-functions.md"])("%s shows what one sees", async (page, { skip }) => {
  skip(!hasCurl, "curl is not installed");
  await using server = await startEdgekeeper();
  const api = `http://${server.host}:${server.httpPort}/v1/default`;
  const examples = examplesIn(page);
  expect(examples.length).toBeGreaterThan(0);
  // One shell, since a command may set what the next one uses.
  const mark = "--- next ---";
  const script = examples
    .map(({ command }) => `${command}\nprintf '\\n%s\\n' '${mark}'`)
    .join("\n");
  const env = { ...process.env, API: api };
  const { stdout } = await run("bash", ["-c", script], { env });
  const outputs = stdout.replaceAll("\r", "").split(mark);
  examples.forEach(({ command, output }, index) => {
    expect(outputs[index]?.trim(), command).toMatch(patternOf(output));
  });
});
