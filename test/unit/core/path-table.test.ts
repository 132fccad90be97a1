/** Every cell of the path table, each on a tree of its own, with the path's bytes as they were sent. */
import { describe, expect, it } from "vitest";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { OpCode } from "../../../src/protocol/op-code.ts";
import { writeACL } from "../../../src/protocol/records.ts";
import { writeMultiHeader } from "../../../src/protocol/multi-ops.ts";
import { type ReceivedReply, TestServer } from "./harness.ts";
import { pathTable, pathTableOps } from "./path-table.ts";
import { create, OPEN } from "./request-builders.ts";

type Op = (typeof pathTableOps)[number];

const TYPES: Readonly<Record<string, number>> = OpCode;

function typeOf(op: Op): number {
  const name = op.replace("multi ", "").replace(" sequential", "");
  const type = TYPES[name];
  if (type === undefined) throw new Error(`no type for ${op}`);
  return type;
}

/** Everything that follows the path in a body of that type. */
function writeRest(writer: JuteWriter, type: number, flags: number): void {
  switch (type) {
    case OpCode.create:
      writer.writeBuffer(new Uint8Array(0));
      writer.writeVector(OPEN, writeACL);
      writer.writeInt(flags);
      break;
    case OpCode.delete:
    case OpCode.check:
      writer.writeInt(-1);
      break;
    case OpCode.setData:
      writer.writeBuffer(new Uint8Array(0));
      writer.writeInt(-1);
      break;
    case OpCode.setACL:
      writer.writeVector(OPEN, writeACL);
      writer.writeInt(-1);
      break;
    case OpCode.exists:
    case OpCode.getData:
    case OpCode.getChildren:
    case OpCode.getChildren2:
      writer.writeBool(false);
      break;
  }
}

function ask(op: Op, path: Uint8Array): ReceivedReply | undefined {
  const client = new TestServer().connect();
  client.request(create("/p"));
  client.request(create("/p/k"));
  const body = new JuteWriter();
  const type = typeOf(op);
  const inMulti = op.startsWith("multi ");
  if (inMulti) writeMultiHeader(body, type, false, -1);
  // A path is on the wire what a buffer is: a length and bytes.
  body.writeBuffer(path);
  writeRest(body, type, op === "create sequential" ? 2 : 0);
  if (inMulti) writeMultiHeader(body, -1, true, -1);
  return client.send(inMulti ? OpCode.multi : type, body.toBytes());
}

function codeOf(answer: ReceivedReply | undefined): number | undefined {
  if (answer?.reply?.type !== OpCode.multi) return answer?.err;
  const [result] = answer.reply.results;
  return result?.type === OpCode.error ? result.err : 0;
}

describe.each(pathTableOps.map((op, column) => [op, column] as const))("%s", (op, column) => {
  it.each(
    pathTable.map(([label, hex, codes]) => [label, Number(codes.split(" ")[column]), hex] as const),
  )("of %s answers %d", (_, code, hex) => {
    expect(codeOf(ask(op, Buffer.from(hex, "hex")))).toBe(code);
  });
});

describe("sync", () => {
  it("echoes invalid UTF-8 as replacement characters", () => {
    expect(ask("sync", Buffer.from("2ffffe", "hex"))?.reply).toEqual({
      type: OpCode.sync,
      path: "/\ufffd\ufffd",
    });
  });
});
