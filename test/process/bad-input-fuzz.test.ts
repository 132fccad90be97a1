/**
 * Valid requests with random damage: each is answered, or ends its connection, and nobody else notices.
 *
 * `FUZZ_SEED=n` repeats a run, `FUZZ_COUNT=n` makes it longer.
 */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { OpCode } from "../../src/protocol/op-code.ts";
import type { Request } from "../../src/protocol/requests.ts";
import { BadInputBench } from "./support/bad-input-bench.ts";
import { Random } from "./support/random.ts";
import { TCPConnection } from "./support/tcp-connection.ts";
import {
  concat,
  connectPayload,
  encodeBody,
  encodeRequest,
  frame,
  int,
  requestFrame,
} from "./support/wire-bytes.ts";
import { OPEN_ACL, WireSession } from "./support/wire-session.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000_000);
const count = Number(process.env["FUZZ_COUNT"] ?? 1_500);
const random = new Random(seed);

let bench: BadInputBench;

beforeAll(async () => {
  console.error(`FUZZ_SEED=${seed}`);
  bench = await BadInputBench.start();
  await bench.control.create("/fuzz", "data");
});

afterEach(async () => bench.expectUntouched());

afterAll(async () => bench[Symbol.asyncDispose]());

const data = Buffer.from("some data");
const path = "/fuzz";
const acl = [...OPEN_ACL, { perms: 1, id: { scheme: "digest", id: "user:hash" } }];
const REQUESTS: readonly Request[] = [
  { type: OpCode.create, path: "/fuzz/a", data, acl, flags: 0 },
  { type: OpCode.create, path: "/fuzz/b-", data: null, acl, flags: 2 },
  { type: OpCode.create2, path: "/fuzz/c-", data, acl, flags: 3 },
  { type: OpCode.delete, path: "/fuzz/a", version: -1 },
  { type: OpCode.exists, path, watch: true },
  { type: OpCode.getData, path, watch: true },
  { type: OpCode.setData, path, data, version: -1 },
  { type: OpCode.getACL, path },
  { type: OpCode.setACL, path: "/fuzz/a", acl, version: -1 },
  { type: OpCode.getChildren, path, watch: true },
  { type: OpCode.getChildren2, path, watch: false },
  { type: OpCode.sync, path },
  { type: OpCode.ping },
  {
    type: OpCode.multi,
    ops: [
      { type: OpCode.check, path, version: 0 },
      { type: OpCode.create, path: "/fuzz/m", data, acl, flags: 1 },
      { type: OpCode.setData, path, data, version: -1 },
      { type: OpCode.delete, path: "/fuzz/m", version: 0 },
    ],
  },
  { type: OpCode.auth, authType: 0, scheme: "digest", auth: Buffer.from("user:password") },
  {
    type: OpCode.setWatches,
    relativeZxid: 3,
    dataWatches: [path, "/fuzz/a"],
    existWatches: ["/none"],
    childWatches: [path],
  },
];

/** Numbers where lengths, counts and versions go wrong. */
const ODD_INTS = [0, 1, -1, -2, 2, 255, 256, 65_535, 0x7fffffff, -0x80000000, 1_048_575, 1_048_576];

/** A copy with one to three places changed, cut off, doubled or inserted. */
function damage(bytes: Uint8Array): Uint8Array {
  let damaged: Uint8Array = Uint8Array.from(bytes);
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(damaged.length + 1);
    const before = damaged.subarray(0, at);
    const behind = damaged.subarray(at);
    switch (random.below(6)) {
      case 0:
        damaged = before;
        break;
      case 1:
        damaged = concat(before, Uint8Array.of(random.below(256)), behind.subarray(1));
        break;
      case 2:
        damaged = concat(before, int(random.pick(ODD_INTS) ?? 0), behind.subarray(4));
        break;
      case 3:
        damaged = concat(before, behind, behind);
        break;
      case 4:
        damaged = concat(before, behind.subarray(random.below(9)));
        break;
      default:
        damaged = concat(
          before,
          Uint8Array.from({ length: 9 }, () => random.below(256)),
          behind,
        );
    }
  }
  return damaged;
}

test("requests", { timeout: 60_000 + count * 10 }, async () => {
  let open = 0;
  for (let i = 0; i < count; i++) {
    const request = random.pick(REQUESTS) as Request;
    const whole = requestFrame(i, request.type, encodeBody(request));
    const sent = frame(damage(whole.subarray(4)));
    const hex = Buffer.from(sent).toString("hex");
    const outcome = await bench.send(sent).catch((error: unknown) => `${String(error)}: ${hex}`);
    expect(outcome, hex).toMatch(/\| open \||\| closed (FIN|RST) \|/);
    if (outcome.includes("| open |")) open += 1;
    if (i % 100 === 0) await bench.expectUntouched();
  }
  // Most are requests still, and do something.
  expect(open).toBeGreaterThan(count / 3);
});

test("frames, lengths included", async () => {
  for (let i = 0; i < count / 10; i++) {
    const request = random.pick(REQUESTS) as Request;
    const session = await WireSession.open(bench.address, { timeoutMs: 4_000 });
    session.write(damage(requestFrame(i, request.type, encodeBody(request))));
    session.write(encodeRequest(-2, { type: OpCode.ping }));
    // What is left may be the start of a long frame, for which a server waits: but not when no more can come.
    await Promise.resolve();
    session.connection.finish();
    await session.connection.ended(5_000);
  }
});

test("connect requests", async () => {
  for (let i = 0; i < count / 10; i++) {
    const sent = frame(damage(connectPayload()));
    const connection = await TCPConnection.open(bench.address);
    connection.write(sent);
    // What may be the start of a longer frame is made longer than any.
    connection.write(int(-1));
    connection.write(new Uint8Array(64).fill(0xff));
    await connection.ended(5_000).catch((error: unknown) => {
      throw new Error(Buffer.from(sent).toString("hex"), { cause: error });
    });
  }
});
