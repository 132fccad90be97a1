/**
 * ZooKeeper's four-letter words (`FourLetterCommands`): what a connection may say instead of a first frame, and what
 * it is answered before it is closed.
 */
import type { AdminView } from "./admin-view.ts";
import { configurationText, dirsText, environmentText } from "./configuration-report.ts";
import { connectionsText, resetConnectionStatistics } from "./connection-report.ts";
import { monitorText } from "./monitor-report.ts";
import { serverText, statText } from "./server-report.ts";
import { dumpText } from "./session-report.ts";
import { watchesByPathText, watchesBySessionText, watchSummaryText } from "./watch-report.ts";

export const FOUR_LETTER_WORDS = [
  "conf",
  "cons",
  "crst",
  "dirs",
  "dump",
  "envi",
  "gtmk",
  "hash",
  "isro",
  "mntr",
  "ruok",
  "srst",
  "srvr",
  "stat",
  "stmk",
  "wchc",
  "wchp",
  "wchs",
] as const;
export type FourLetterWord = (typeof FOUR_LETTER_WORDS)[number];

/** A word as a connection says it. */
export interface SaidWord {
  readonly word: FourLetterWord;
  /** The number that follows `stmk`. */
  readonly traceMask?: bigint;
}

/** Always answered: `zkServer.sh status` depends on it. */
const ALWAYS: FourLetterWord = "srvr";

/** Reads a `4lw.commands.whitelist`: words with commas between, or `*` for all. */
export function parseWhitelist(text: string): ReadonlySet<string> {
  const words = text.split(",").map((word) => word.trim());
  return new Set(words.includes("*") ? FOUR_LETTER_WORDS : [...words, ALWAYS]);
}

/** What a word is answered. */
export function answerWord(
  said: SaidWord,
  whitelist: ReadonlySet<string>,
  view: AdminView,
): string {
  if (!whitelist.has(said.word)) {
    return `${said.word} is not executed because it is not in the whitelist.\n`;
  }
  if (said.traceMask !== undefined) view.traceMask.value = said.traceMask;
  return ANSWERS[said.word](view);
}

const traceMaskText = (view: AdminView): string => view.traceMask.value.toString();

const ANSWERS: Readonly<Record<FourLetterWord, (view: AdminView) => string>> = {
  conf: configurationText,
  cons: connectionsText,
  crst: (view) => {
    resetConnectionStatistics(view);
    return "Connection stats reset.\n";
  },
  dirs: dirsText,
  dump: dumpText,
  envi: environmentText,
  gtmk: traceMaskText,
  // The history of digests, of which there is none: ZooKeeper has none either before zxid 128.
  hash: () => "",
  isro: () => "rw",
  mntr: monitorText,
  ruok: () => "imok",
  srst: (view) => {
    view.statistics.reset();
    return "Server stats reset.\n";
  },
  srvr: serverText,
  stat: statText,
  stmk: traceMaskText,
  wchc: watchesBySessionText,
  wchp: watchesByPathText,
  wchs: watchSummaryText,
};
