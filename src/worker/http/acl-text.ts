/** ACLs as callers write them: in JSON, and in a header as zkCli takes them. */
import type { ACL } from "../../protocol/records.ts";
import { Perms } from "../../protocol/op-code.ts";
import { invalid } from "./problem.ts";

export interface ACLEntryJSON {
  readonly scheme: string;
  readonly id: string;
  readonly perms: string;
}

const LETTERS: readonly (readonly [string, number])[] = [
  ["c", Perms.create],
  ["d", Perms.delete],
  ["r", Perms.read],
  ["w", Perms.write],
  ["a", Perms.admin],
];

export function aclOf(entries: readonly ACLEntryJSON[]): ACL[] {
  return entries.map(({ scheme, id, perms }) => ({ perms: permsOf(perms), id: { scheme, id } }));
}

export function aclJSON(acl: readonly ACL[]): ACLEntryJSON[] {
  return acl.map(({ perms, id }) => ({
    scheme: id.scheme,
    id: id.id,
    perms: LETTERS.map(([letter, bit]) => ((perms & bit) === 0 ? "" : letter)).join(""),
  }));
}

const ENTRY = /^([^:]+):(.*):([cdrwa]{1,5})$/;

/** `scheme:id:perms`, with commas between; ids with commas need the JSON of `PUT /acl`. */
export function parseACL(text: string | undefined): ACL[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((entry) => {
    const match = ENTRY.exec(entry.trim());
    if (match === null) {
      const message = "entries are scheme:id:perms, with commas between";
      throw invalid({ in: "header", name: "edgekeeper-acl", message });
    }
    const [, scheme = "", id = "", perms = ""] = match;
    return { perms: permsOf(perms), id: { scheme, id } };
  });
}

function permsOf(letters: string): number {
  return LETTERS.reduce((sum, [letter, bit]) => (letters.includes(letter) ? sum | bit : sum), 0);
}
