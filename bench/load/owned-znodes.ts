import { znodeName } from "../znode.ts";

/** A znode that one connection alone works on, so that its version is known without asking. */
export interface OwnedZnode {
  readonly path: string;
  readonly seed: number;
}

const ZNODES = 1000;

/** The same 1,000 znodes are read or written all the time, each by one connection. By connection. */
export function ownedZnodes(root: string, connections: number): OwnedZnode[][] {
  const owned = Array.from({ length: connections }, (): OwnedZnode[] => []);
  for (let seed = 0; seed < ZNODES; seed++) {
    owned[seed % connections]?.push({ path: `${root}/${znodeName(seed)}`, seed });
  }
  return owned;
}
