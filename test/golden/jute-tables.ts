/**
 * A second, independent codec for the golden captures: plain tables of `zookeeper.jute`, read in both directions. It shares nothing
 * with `src/protocol` on purpose, so that a mistake there cannot hide in the goldens. Values are plain JSON: a buffer is a hex string,
 * a long is a decimal string, a wire null is `null`.
 */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

type Kind =
  | "int"
  | "long"
  | "bool"
  | "ustring"
  | "buffer"
  | { readonly vector: Kind }
  | { readonly record: Fields }
  | { readonly multi: "request" | "reply" };
type Fields = readonly (readonly [name: string, kind: Kind])[];

const id: Fields = [
  ["scheme", "ustring"],
  ["id", "ustring"],
];
const acl: Kind = {
  vector: {
    record: [
      ["perms", "int"],
      ["id", { record: id }],
    ],
  },
};
const strings: Kind = { vector: "ustring" };
const stat: Fields = [
  ["czxid", "long"],
  ["mzxid", "long"],
  ["ctime", "long"],
  ["mtime", "long"],
  ["version", "int"],
  ["cversion", "int"],
  ["aversion", "int"],
  ["ephemeralOwner", "long"],
  ["dataLength", "int"],
  ["numChildren", "int"],
  ["pzxid", "long"],
];
const path: Fields = [["path", "ustring"]];
const pathAndWatch: Fields = [
  ["path", "ustring"],
  ["watch", "bool"],
];
const pathAndVersion: Fields = [
  ["path", "ustring"],
  ["version", "int"],
];
const withStat: Fields = [["stat", { record: stat }]];
const pathAndStat: Fields = [...path, ...withStat];
const create: Fields = [
  ["path", "ustring"],
  ["data", "buffer"],
  ["acl", acl],
  ["flags", "int"],
];
const pathAndType: Fields = [
  ["path", "ustring"],
  ["type", "int"],
];
const threeLists: Fields = [
  ["relativeZxid", "long"],
  ["dataWatches", strings],
  ["existWatches", strings],
  ["childWatches", strings],
];

interface Operation {
  readonly name: string;
  readonly request: Fields;
  readonly reply: Fields;
}
/** By op code; `request` and `reply` are the bodies after their headers, empty for none. */
const operations: ReadonlyMap<number, Operation> = new Map([
  [1, { name: "create", request: create, reply: path }],
  [2, { name: "delete", request: pathAndVersion, reply: [] }],
  [3, { name: "exists", request: pathAndWatch, reply: withStat }],
  [4, { name: "getData", request: pathAndWatch, reply: [["data", "buffer"], ...withStat] }],
  [
    5,
    {
      name: "setData",
      request: [
        ["path", "ustring"],
        ["data", "buffer"],
        ["version", "int"],
      ],
      reply: withStat,
    },
  ],
  [6, { name: "getACL", request: path, reply: [["acl", acl], ...withStat] }],
  [
    7,
    {
      name: "setACL",
      request: [
        ["path", "ustring"],
        ["acl", acl],
        ["version", "int"],
      ],
      reply: withStat,
    },
  ],
  [8, { name: "getChildren", request: pathAndWatch, reply: [["children", strings]] }],
  [9, { name: "sync", request: path, reply: path }],
  [11, { name: "ping", request: [], reply: [] }],
  [
    12,
    { name: "getChildren2", request: pathAndWatch, reply: [["children", strings], ...withStat] },
  ],
  [13, { name: "check", request: pathAndVersion, reply: [] }],
  [
    14,
    {
      name: "multi",
      request: [["ops", { multi: "request" }]],
      reply: [["results", { multi: "reply" }]],
    },
  ],
  [15, { name: "create2", request: create, reply: pathAndStat }],
  [
    16,
    {
      name: "reconfig",
      request: [
        ["joiningServers", "ustring"],
        ["leavingServers", "ustring"],
        ["newMembers", "ustring"],
        ["curConfigId", "long"],
      ],
      reply: [["data", "buffer"], ...withStat],
    },
  ],
  [17, { name: "checkWatches", request: pathAndType, reply: [] }],
  [18, { name: "removeWatches", request: pathAndType, reply: [] }],
  [19, { name: "createContainer", request: create, reply: pathAndStat }],
  [20, { name: "deleteContainer", request: [], reply: [] }],
  [21, { name: "createTTL", request: [...create, ["ttl", "long"]], reply: pathAndStat }],
  [
    22,
    {
      name: "multiRead",
      request: [["ops", { multi: "request" }]],
      reply: [["results", { multi: "reply" }]],
    },
  ],
  [
    100,
    {
      name: "auth",
      request: [
        ["type", "int"],
        ["scheme", "ustring"],
        ["auth", "buffer"],
      ],
      reply: [],
    },
  ],
  [101, { name: "setWatches", request: threeLists, reply: [] }],
  [102, { name: "sasl", request: [["token", "buffer"]], reply: [["token", "buffer"]] }],
  [
    103,
    {
      name: "getEphemerals",
      request: [["prefixPath", "ustring"]],
      reply: [["ephemerals", strings]],
    },
  ],
  [104, { name: "getAllChildrenNumber", request: path, reply: [["totalNumber", "int"]] }],
  [
    105,
    {
      name: "setWatches2",
      request: [
        ...threeLists,
        ["persistentWatches", strings],
        ["persistentRecursiveWatches", strings],
      ],
      reply: [],
    },
  ],
  [
    106,
    {
      name: "addWatch",
      request: [
        ["path", "ustring"],
        ["mode", "int"],
      ],
      reply: [["err", "int"]],
    },
  ],
  [
    107,
    {
      name: "whoAmI",
      request: [],
      reply: [
        [
          "clientInfo",
          {
            vector: {
              record: [
                ["authScheme", "ustring"],
                ["user", "ustring"],
              ],
            },
          },
        ],
      ],
    },
  ],
  [-11, { name: "closeSession", request: [], reply: [] }],
]);

const requestHeader: Fields = [
  ["xid", "int"],
  ["type", "int"],
];
const replyHeader: Fields = [
  ["xid", "int"],
  ["zxid", "long"],
  ["err", "int"],
];
const multiHeader: Fields = [
  ["type", "int"],
  ["done", "bool"],
  ["err", "int"],
];
const watcherEvent: Fields = [
  ["type", "int"],
  ["state", "int"],
  ["path", "ustring"],
];
const connectRequest: Fields = [
  ["protocolVersion", "int"],
  ["lastZxidSeen", "long"],
  ["timeOut", "int"],
  ["sessionId", "long"],
  ["passwd", "buffer"],
];
const connectReply: Fields = [
  ["protocolVersion", "int"],
  ["timeOut", "int"],
  ["sessionId", "long"],
  ["passwd", "buffer"],
];
/** What follows a MultiHeader in a reply, by its type; `err` for the type -1. */
const multiResults: ReadonlyMap<number, Fields> = new Map([
  [1, path],
  [2, []],
  [4, [["data", "buffer"], ...withStat]],
  [5, withStat],
  [8, [["children", strings]]],
  [13, []],
  [15, pathAndStat],
  [-1, [["err", "int"]]],
]);
const multiEnd = { type: -1, done: true, err: -1 };

/** The name of an op code, `unknown(999)` for one without a table. */
export function operationName(type: number): string {
  return operations.get(type)?.name ?? `unknown(${type})`;
}

/** What a captured payload is, as far as its bytes alone do not tell. */
export type Message =
  | { readonly direction: "connect-request" | "connect-reply" | "request" | "event" }
  | { readonly direction: "reply"; readonly type: number };

/** The payload as JSON, or `null` if it is not exactly one well-formed message (then it must be compared as bytes). */
export function decode(message: Message, payload: Buffer): JsonObject | null {
  try {
    const input = new Input(payload);
    const decoded = decodeMessage(message, input);
    // Whatever does not survive the way back (trailing bytes, bad UTF-8, a bool of 2) has no faithful JSON.
    return input.rest() === 0 && encode(message, decoded).equals(payload) ? decoded : null;
  } catch {
    // A truncated or unknown message: that is the answer to the question, not a failure.
    return null;
  }
}

/** The payload of a message; the inverse of `decode`. */
export function encode(message: Message, decoded: JsonObject): Buffer {
  const out: Buffer[] = [];
  const { header = null, body = null } = decoded;
  switch (message.direction) {
    case "connect-request":
    case "connect-reply": {
      const { readOnly } = asObject(body);
      write(
        out,
        { record: message.direction === "connect-request" ? connectRequest : connectReply },
        body,
      );
      if (readOnly !== undefined) {
        write(out, "bool", readOnly);
      }
      break;
    }
    case "request":
      write(out, { record: requestHeader }, header);
      if (body !== null) {
        write(out, { record: operation(asObject(header)["type"]).request }, body);
      }
      break;
    case "reply":
      write(out, { record: replyHeader }, header);
      if (body !== null) {
        write(out, { record: operation(message.type).reply }, body);
      }
      break;
    case "event":
      write(out, { record: replyHeader }, header);
      write(out, { record: watcherEvent }, body);
  }
  return Buffer.concat(out);
}

function decodeMessage(message: Message, input: Input): JsonObject {
  switch (message.direction) {
    case "connect-request":
    case "connect-reply": {
      const body = asObject(
        read(input, {
          record: message.direction === "connect-request" ? connectRequest : connectReply,
        }),
      );
      return { body: input.rest() === 0 ? body : { ...body, readOnly: read(input, "bool") } };
    }
    case "request": {
      const header = asObject(read(input, { record: requestHeader }));
      // An op without a table can still be read if it ends with its header.
      return {
        header,
        body: input.rest() === 0 ? null : readBody(input, operation(header["type"]).request),
      };
    }
    case "reply": {
      const header = read(input, { record: replyHeader });
      return {
        header,
        body: input.rest() === 0 ? null : readBody(input, operation(message.type).reply),
      };
    }
    case "event":
      return {
        header: read(input, { record: replyHeader }),
        body: read(input, { record: watcherEvent }),
      };
  }
}

function operation(type: Json | undefined): Operation {
  const found = typeof type === "number" ? operations.get(type) : undefined;
  if (found === undefined) {
    throw new RangeError(`no table for op ${JSON.stringify(type)}`);
  }
  return found;
}

function readBody(input: Input, fields: Fields): Json {
  return fields.length === 0 ? null : read(input, { record: fields });
}

function read(input: Input, kind: Kind): Json {
  switch (kind) {
    case "int":
      return input.take(4).readInt32BE();
    case "long":
      return String(input.take(8).readBigInt64BE());
    case "bool":
      return input.take(1).readUInt8() !== 0;
    case "ustring":
      return input.takeSized()?.toString("utf8") ?? null;
    case "buffer":
      return input.takeSized()?.toString("hex") ?? null;
  }
  if ("vector" in kind) {
    const count = input.take(4).readInt32BE();
    return count === -1 ? null : Array.from({ length: count }, () => read(input, kind.vector));
  }
  if ("record" in kind) {
    return Object.fromEntries(kind.record.map(([name, field]) => [name, read(input, field)]));
  }
  return readMulti(input, kind.multi);
}

function readMulti(input: Input, direction: "request" | "reply"): Json {
  const items: Json[] = [];
  for (;;) {
    const header = asObject(read(input, { record: multiHeader }));
    if (header["done"] === true) {
      return items;
    }
    items.push({ header, body: readBody(input, multiFields(header["type"], direction)) });
  }
}

function multiFields(type: Json | undefined, direction: "request" | "reply"): Fields {
  const fields = direction === "request" ? operation(type).request : multiResults.get(Number(type));
  if (fields === undefined) {
    throw new RangeError(`no multi result of type ${JSON.stringify(type)}`);
  }
  return fields;
}

function write(out: Buffer[], kind: Kind, value: Json | undefined): void {
  switch (kind) {
    case "int":
      out.push(int32(Number(value)));
      return;
    case "long": {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(BigInt(typeof value === "string" ? value : Number.NaN));
      out.push(bytes);
      return;
    }
    case "bool":
      out.push(Buffer.from([value === true ? 1 : 0]));
      return;
    case "ustring":
    case "buffer": {
      const bytes =
        typeof value === "string" ? Buffer.from(value, kind === "buffer" ? "hex" : "utf8") : null;
      out.push(int32(bytes?.length ?? -1), bytes ?? Buffer.alloc(0));
      return;
    }
  }
  if ("record" in kind) {
    const object = asObject(value);
    kind.record.forEach(([name, field]) => write(out, field, object[name]));
  } else if ("vector" in kind) {
    const items = value === null ? null : asArray(value);
    out.push(int32(items?.length ?? -1));
    items?.forEach((item) => write(out, kind.vector, item));
  } else {
    for (const item of asArray(value).map(asObject)) {
      write(out, { record: multiHeader }, item["header"]);
      const { body = null } = item;
      if (body !== null) {
        write(out, { record: multiFields(asObject(item["header"])["type"], kind.multi) }, body);
      }
    }
    write(out, { record: multiHeader }, multiEnd);
  }
}

class Input {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  rest(): number {
    return this.#bytes.length - this.#offset;
  }

  take(length: number): Buffer {
    if (length < 0 || length > this.rest()) {
      throw new RangeError(`${length} bytes wanted, ${this.rest()} left`);
    }
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  takeSized(): Buffer | null {
    const length = this.take(4).readInt32BE();
    return length === -1 ? null : this.take(length);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError("an object was wanted");
  }
  return value as JsonObject;
}

function asArray(value: Json | undefined): readonly Json[] {
  if (!Array.isArray(value)) {
    throw new TypeError("an array was wanted");
  }
  return value as readonly Json[];
}
