/**
 * Keys for writes that are done once, however often they are asked for.
 */
import {
  isIdempotencyKey,
  isMarkedPasswd,
  writeIdempotencyKey,
} from "../protocol/idempotency-key.ts";
import type { JuteWriter } from "../protocol/jute-writer.ts";
import type { ClientSession } from "./client-session.ts";
import type { Session } from "./session.ts";

/**
 * A key for one write, which Edgekeeper then does once: a write that is given one is asked for again when its reply is lost with the
 * connection, and so is not "unknown" then. It may be given to the same write again, later or by another client; the first answer
 * is kept for ten minutes at least. Of an ephemeral it holds in one session. With other servers it changes nothing.
 *
 * Not an option that is true or false, so that who does not use it does not ship it.
 *
 * @example
 * await zk.setData("/config", "v2", { idempotencyKey: new IdempotencyKey() });
 */
export class IdempotencyKey {
  /** 1 to 128 printable characters of ASCII. */
  readonly text: string;
  #isKept = false;

  /** @throws TypeError for a text that is no key. */
  constructor(text: string = `${Math.random()}${Math.random()}`) {
    if (!isIdempotencyKey(text)) throw new TypeError("a key has 1 to 128 printable characters");
    this.text = text;
  }

  /** Whether a write with it was sent to a server that does it once: then it may be asked for again. */
  get isKept(): boolean {
    return this.#isKept;
  }

  /** @internal */
  writeTo(writer: JuteWriter): void {
    writeIdempotencyKey(writer, this.text);
  }

  /** Whether the server that granted a session does the write once. @internal */
  isKeptIn(session: Session | undefined): boolean {
    this.#isKept =
      session !== undefined && isMarkedPasswd((session as ClientSession).identity.passwd);
    return this.#isKept;
  }
}
