/**
 * Replies and events as text that two servers must agree on to the letter. Every byte of a frame ends up in it; what the
 * servers choose freely (zxids, times, session ids, passwords) is named by what it stands for. Written without `src/protocol`.
 */
import type { Naming } from "./naming.ts";
import { opTypes } from "./request-bytes.ts";

export interface Versions {
  readonly version: number;
  readonly aversion: number;
}

/** What a reply says beside its text. */
export interface ReplyFacts {
  /** The path of a create. */
  readonly path?: string;
  readonly versions?: Versions;
}

export interface ReplyText {
  readonly text: string;
  /** The same with the identities of ACLs in order, where their order may be anything. */
  readonly loose: string;
  readonly err: number;
  readonly zxid: bigint;
  /** One for a plain reply, one for each result of a multi. */
  readonly facts: readonly ReplyFacts[];
}

const HEADER_BYTES = 16;

/** The text of a reply to a request of the given type. */
export function replyText(payload: Buffer, type: number, naming: Naming): ReplyText {
  const reader = new Reader(payload, naming);
  if (payload.length < HEADER_BYTES) {
    const text = `short reply ${payload.toString("hex")}`;
    return { text, loose: text, err: -1, zxid: 0n, facts: [] };
  }
  const xid = reader.int();
  const zxid = payload.readBigInt64BE(4);
  const zxidText = reader.zxid();
  const err = reader.int();
  const facts: ReplyFacts[] = [];
  let body = "";
  if (err === 0) {
    try {
      body = bodyText(reader, type, facts);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      body = " CUT SHORT";
    }
  }
  const text = `xid=${xid} zxid=${zxidText} err=${err}${body}${reader.rest()}`;
  return { text, loose: reader.loosen(text), err, zxid, facts };
}

/** The text of a notification. */
export function eventText(payload: Buffer, naming: Naming): string {
  const reader = new Reader(payload, naming);
  try {
    const header = `${reader.int()} ${reader.zxid()} ${reader.int()}`;
    const type = eventNames[reader.int()] ?? "unknown event";
    const state = reader.int();
    const path = reader.string();
    return `event ${type} ${path} state=${state} header=${header}${reader.rest()}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `malformed event ${payload.toString("hex")}`;
  }
}

const eventNames = ["", "created", "deleted", "dataChanged", "childrenChanged"];

function bodyText(reader: Reader, type: number, facts: ReplyFacts[]): string {
  switch (type) {
    case opTypes.create: {
      const path = reader.string();
      facts.push({ ...pathFact(path), versions: { version: 0, aversion: 0 } });
      return ` path=${path}`;
    }
    case opTypes.create2:
    case opTypes.createContainer:
    case opTypes.createTTL: {
      const path = reader.string();
      return ` path=${path}${reader.stat(facts, path)}`;
    }
    case opTypes.exists:
    case opTypes.setData:
    case opTypes.setACL:
      return reader.stat(facts);
    case opTypes.getData:
      return ` data=${reader.buffer()}${reader.stat(facts)}`;
    case opTypes.getACL:
      return ` acl=${reader.acl()}${reader.stat(facts)}`;
    case opTypes.getChildren:
    case opTypes.getEphemerals:
      return ` names=${reader.names()}`;
    case opTypes.getChildren2:
      return ` names=${reader.names()}${reader.stat(facts)}`;
    case opTypes.sync:
      return ` path=${reader.string()}`;
    case opTypes.multi:
    case opTypes.multiRead:
      return multiText(reader, facts);
    case opTypes.getAllChildrenNumber:
      return ` number=${reader.int()}`;
    case opTypes.whoAmI:
      return ` who=${reader.list(() => `${reader.string()}:${reader.string()}`)}`;
    case opTypes.sasl:
      return ` token=${reader.buffer()}`;
    case opTypes.addWatch:
      return ` code=${reader.int()}`;
    default: // A reply without a body; bytes that are there all the same show as such.
      return "";
  }
}

function multiText(reader: Reader, facts: ReplyFacts[]): string {
  let text = "";
  for (;;) {
    const type = reader.int();
    const isDone = reader.bool();
    const err = reader.int();
    text += ` [${type} ${isDone} ${err}`;
    if (isDone) return `${text}]`;
    const before = facts.length;
    text += type === -1 ? ` code=${reader.int()}]` : `${bodyText(reader, type, facts)}]`;
    if (facts.length === before) facts.push({});
  }
}

/** The path that a text shows; none when it is no text. */
function pathFact(text: string | undefined): ReplyFacts {
  return text?.startsWith('"') === true ? { path: JSON.parse(text) as string } : {};
}

class Reader {
  readonly #bytes: Buffer;
  readonly #naming: Naming;
  readonly #aclTexts: (readonly [string, string])[] = [];
  #at = 0;

  constructor(bytes: Buffer, naming: Naming) {
    this.#bytes = bytes;
    this.#naming = naming;
  }

  int(): number {
    const value = this.#bytes.readInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  long(): bigint {
    const value = this.#bytes.readBigInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  bool(): boolean {
    const value = this.#bytes.readUInt8(this.#at);
    this.#at += 1;
    if (value > 1) throw new RangeError("a boolean of neither 0 nor 1");
    return value === 1;
  }

  zxid(): string {
    return this.#naming.zxid(this.long());
  }

  /** The bytes of a buffer, readable where they are text. */
  buffer(): string {
    const content = this.#content();
    if (content === null) return "null";
    const text = content.length > 200 ? undefined : content.toString();
    if (text !== undefined && Buffer.from(text).equals(content)) return JSON.stringify(text);
    return content.length > 200 && content.every((byte) => byte === content[0])
      ? `${content.length} times ${content[0]}`
      : `0x${content.toString("hex")}`;
  }

  string(): string {
    return this.buffer();
  }

  /** A list whose order is nobody's business, sorted. */
  list(element: () => string): string {
    const count = this.int();
    if (count < 0) return `null(${count})`;
    const elements: string[] = [];
    for (let i = 0; i < count; i++) elements.push(element());
    return `[${elements.sort().join(",")}]`;
  }

  names(): string {
    return this.list(() => this.string());
  }

  acl(): string {
    const count = this.int();
    if (count < 0) return `null(${count})`;
    const entries: string[] = [];
    for (let i = 0; i < count; i++) {
      entries.push(`${this.int()}:${this.string()}:${this.string()}`);
    }
    const text = `[${entries.join(",")}]`;
    this.#aclTexts.push([text, `[${entries.sort().join(",")}]`]);
    return text;
  }

  stat(facts: ReplyFacts[], path?: string): string {
    const czxid = this.long();
    const mzxid = this.long();
    const ctime = this.long();
    const mtime = this.long();
    const version = this.int();
    const cversion = this.int();
    const aversion = this.int();
    const owner = this.long();
    const dataLength = this.int();
    const numChildren = this.int();
    const pzxid = this.long();
    const naming = this.#naming;
    const versions = { version, aversion };
    facts.push({ ...pathFact(path), versions });
    return (
      ` stat{czxid=${naming.zxid(czxid)} mzxid=${naming.zxid(mzxid)}` +
      ` ctime=${naming.time(ctime, czxid)} mtime=${naming.time(mtime, mzxid)}` +
      ` version=${version} cversion=${cversion} aversion=${aversion}` +
      ` ephemeralOwner=${naming.session(owner)} dataLength=${dataLength}` +
      ` numChildren=${numChildren} pzxid=${naming.zxid(pzxid)}}`
    );
  }

  /** Bytes behind what should be all. */
  rest(): string {
    if (this.#at >= this.#bytes.length) return "";
    return ` more=${this.#bytes.subarray(this.#at).toString("hex")}`;
  }

  loosen(text: string): string {
    return this.#aclTexts.reduce((all, [exact, loose]) => all.replace(exact, loose), text);
  }

  #content(): Buffer | null {
    const length = this.int();
    if (length === -1) return null;
    if (length < 0 || this.#at + length > this.#bytes.length) {
      throw new RangeError("a length beyond the frame");
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
