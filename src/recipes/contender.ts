/**
 * A place in a line: an ephemeral sequential znode, which lives in one session from its creation to its end.
 */
import {
  type ACL,
  type Data,
  isRetryable,
  isSessionFatal,
  NoNodeError,
  type OperationOptions,
  type Session,
  type ZooKeeper,
} from "../client/index.ts";
import { childPath, ensureContainer } from "./parents.ts";

export interface ContenderZnode {
  /** The znode that contenders stand below. */
  readonly path: string;
  /** What comes before the number in a contender's name. */
  readonly prefix: string;
  readonly data: Data;
  readonly acl: readonly ACL[] | undefined;
}

export class Contender {
  readonly session: Session;
  readonly path: string;
  readonly name: string;
  readonly czxid: number;
  readonly #zk: ZooKeeper;

  constructor(zk: ZooKeeper, session: Session, path: string, czxid: number) {
    this.#zk = zk;
    this.session = session;
    this.path = path;
    this.name = path.slice(path.lastIndexOf("/") + 1);
    this.czxid = czxid;
  }

  /** Removes the znode, however often the connection is lost; it is gone for certain when the session is over. */
  async leave(): Promise<void> {
    const options = optionsOf(this.session);
    for (;;) {
      try {
        await this.#zk.delete(this.path, options);
        return;
      } catch (error) {
        if (error instanceof NoNodeError || isSessionFatal(error)) return;
        if (!isRetryable(error)) throw error;
      }
    }
  }

  /** The same, for those who cannot wait for it, or be told that it may not be deleted. */
  leaveSoon(): void {
    this.leave().catch(() => {});
  }
}

export interface Joined {
  readonly contender: Contender;
  /** Who is in line, from a listing that shows the contender itself, and so everybody before it. */
  readonly names: readonly string[];
}

/**
 * Joins a line. The listing is asked for together with the creation, so that it takes one round trip where the
 * parent exists.
 */
export async function join(
  zk: ZooKeeper,
  session: Session,
  { path: parent, prefix, data, acl }: ContenderZnode,
): Promise<Joined> {
  const options = optionsOf(session);
  for (;;) {
    const creating = zk.create(childPath(parent, prefix), data, {
      ...options,
      mode: "ephemeralSequential",
      // Were the reply lost, the znode would stand in everybody's way as long as the session lives.
      protection: true,
      acl,
    });
    const listing = zk.getChildren(parent, options).catch(() => undefined);
    let contender: Contender;
    try {
      const { path, stat } = await creating;
      contender = new Contender(zk, session, path, stat.czxid);
    } catch (error) {
      if (!(error instanceof NoNodeError)) throw error;
      await ensureContainer(zk, parent, options);
      continue;
    }
    const names = (await listing)?.children;
    if (names?.includes(contender.name)) return { contender, names };
    // The connection was lost in between, and the listing was asked for again before the creation was.
    const { children } = await zk.getChildren(parent, options);
    if (children.includes(contender.name)) return { contender, names: children };
    // Somebody has deleted it already.
  }
}

/** Removes a contender that is not needed, even if nobody knows yet whether it exists. */
export function leaveOnceJoined(joining: Promise<Joined>): void {
  joining.then(
    ({ contender }) => contender.leaveSoon(),
    () => {
      // Then there is none.
    },
  );
}

/** What belongs to a session is waited for as long as that lives, and never done in another one. */
export function optionsOf(session: Session): OperationOptions {
  return { session, timeoutMs: Infinity };
}
