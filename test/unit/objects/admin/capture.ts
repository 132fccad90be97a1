/**
 * Records what a real ZooKeeper 3.8.0 answers to every four-letter word and every command of its AdminServer into
 * `zookeeper-3.8.0-admin.json`, next to this file.
 *
 * To rerun: `node test/unit/objects/admin/capture.ts` (a few seconds), then format the file. It needs
 * `apt-get install -y zookeeper`, and talks to loopback only. Times, ports and session ids differ from run to run;
 * everything else should not, so read the diff. Answers are in lines; each but the last ended with a line feed.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  FOUR_LETTER_WORDS,
  type FourLetterWord,
} from "../../../../src/objects/admin/four-letter-words.ts";
import { startRealZooKeeper } from "../../../support/real-zookeeper.ts";
import { askCommand, askWord } from "./ask.ts";
import { Scene } from "./scene.ts";

/** With arguments that succeed and fail. Those that reset come after what shows numbers. */
const COMMANDS = [
  "configuration",
  "connections",
  "dirs",
  "dump",
  "environment",
  "get_trace_mask",
  "hash",
  "initial_configuration",
  "is_read_only",
  "last_snapshot",
  "leader",
  "monitor",
  "observers",
  "ruok",
  "server_stats",
  "stats",
  "voting_view",
  "watches",
  "watches_by_path",
  "watch_summary",
  "zabstate",
  "set_trace_mask",
  "set_trace_mask?traceMask=x",
  "set_trace_mask?traceMask=+7",
  "set_trace_mask?traceMask=9223372036854775808",
  "stmk?traceMask=-9223372036854775808",
  "nonsense",
  "ruok/nonsense",
  "RUOK",
  "observer_connection_stat_reset",
  "connection_stat_reset",
  "stat_reset",
];

/** Other names, and one of which only its name is of interest: it shows Java's properties. */
const NAMES =
  "conf config cons env envi gtmk icfg isro lsnp lead mntr obsr srvr stat system_properties sysp wchc wchp wchs orst crst srst";

/** The connections after their statistics were reset. */
const AFTER_RESET = ["connections", "server_stats"] as const;

/** What `environment` says of this machine alone. */
const OF_MACHINE = /^((?: {2}")?(?:host|java|os|user)\.[\w.]+(?:=|" : "))[^"]*/;

/** Words that change what others show. */
const RESETS: readonly FourLetterWord[] = ["crst", "srst", "stmk"];
const SET_TRACE_MASK = Buffer.from("stmk\0\0\0\0\0\0\x01\x02", "latin1");

await using server = await startRealZooKeeper({ adminServer: true });
await using _scene = await Scene.set(server, "/scene");
const url = `http://${server.host}:${server.adminPort}/commands`;

const words: Record<string, string[]> = {};
for (const word of FOUR_LETTER_WORDS) {
  if (!RESETS.includes(word)) words[word] = linesOf(await askWord(server, word));
}
const commands: Record<string, string[]> = {};
for (const command of COMMANDS) commands[command] = await bodyOf(command);
const commandOf: Record<string, string> = {};
for (const name of NAMES.split(" ")) {
  const { body } = await askCommand(url, name);
  commandOf[name] = (JSON.parse(body) as { command: string }).command;
}
const index = await askCommand(url);
for (const word of RESETS) {
  words[word] = linesOf(await askWord(server, word === "stmk" ? SET_TRACE_MASK : word));
}
const resetWords = { cons: linesOf(await askWord(server, "cons")) };
const resetCommands: Record<string, string[]> = {};
for (const command of AFTER_RESET) resetCommands[command] = await bodyOf(command);

await using strict = await startRealZooKeeper({ fourLetterWords: "ruok, wchs" });
const refused: Record<string, string[]> = {};
for (const word of FOUR_LETTER_WORDS) refused[word] = linesOf(await askWord(strict, word));

const file = join(import.meta.dirname, "zookeeper-3.8.0-admin.json");
const golden = {
  words,
  resetWords,
  refused,
  index: { body: linesOf(index.body) },
  contentType: (await askCommand(url, "ruok")).contentType,
  commands,
  commandOf,
  resetCommands,
};
await writeFile(file, JSON.stringify(golden));

async function bodyOf(command: string): Promise<string[]> {
  const { status, body } = await askCommand(url, command);
  if (status !== 200) throw new Error(`${command}: status ${status}`);
  return linesOf(body);
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.replace(OF_MACHINE, "$1<value>"));
}
