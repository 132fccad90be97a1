import { expect, test } from "vitest";
import { EtcdCreateWorkload, EtcdZnodeWorkload } from "../../../bench/etcd/etcd-workloads.ts";
import { encodeMessage, MessageReader } from "../../../bench/etcd/protobuf.ts";
import { znodeData } from "../../../bench/znode.ts";

const header = encodeMessage([3, 12]);

function rangeReply(version: number, value: Uint8Array): Uint8Array {
  const keyValue = encodeMessage([1, "/a"], [4, version], [5, value]);
  return encodeMessage([1, header], [2, keyValue], [4, 1]);
}

test("a get must answer with the data and version of the last write", () => {
  const workload = new EtcdZnodeWorkload([{ path: "/a", seed: 3 }], "none");
  const data = znodeData(3, 0);
  expect(workload.check(rangeReply(1, data), 0)).toBeUndefined();
  expect(workload.check(rangeReply(2, data), 0)).toMatch(/not the data/);
  expect(workload.check(rangeReply(1, znodeData(4, 0)), 0)).toMatch(/not the data/);
  expect(workload.check(encodeMessage([1, header]), 0)).toMatch(/not the data/);
});

test("a transaction must have succeeded, with all of its operations", () => {
  const workload = new EtcdCreateWorkload("/a/", 0, 2);
  const part = encodeMessage([2, encodeMessage([1, header])]);
  expect(
    workload.check(encodeMessage([1, header], [2, 1], [3, part], [3, part]), 0),
  ).toBeUndefined();
  expect(workload.check(encodeMessage([1, header], [2, 1], [3, part]), 0)).toMatch(/not the reply/);
  expect(workload.check(encodeMessage([1, header], [3, part], [3, part]), 0)).toMatch(/not the/);
});

test("a message that is cut short is refused", () => {
  const message = rangeReply(300, znodeData(0, 0));
  const reader = new MessageReader(message.subarray(0, message.length - 3));
  expect(() => {
    while (reader.next());
  }).toThrow(RangeError);
});
