import { expect, test } from "vitest";
import { ErrorLog } from "../../../bench/error-log.ts";
import { LatencyHistogram } from "../../../bench/latency-histogram.ts";
import { type Contender, contend } from "../../../bench/recipes/contention.ts";
import { type Held, LockReferee } from "../../../bench/recipes/lock-referee.ts";
import { checkPresence } from "../../../bench/recipes/sessions-run.ts";
import { WatchingSession } from "../../../bench/recipes/watching-session.ts";
import { JuteWriter } from "../../../src/protocol/jute-writer.ts";
import { EventType, OpCode } from "../../../src/protocol/op-code.ts";
import {
  type Stat,
  writeNotificationFrame,
  writeReplyHeader,
} from "../../../src/protocol/records.ts";
import { writeReply } from "../../../src/protocol/replies.ts";
import type { ChannelListener } from "../../../bench/tcp-channel.ts";

function referee() {
  const errors = new ErrorLog();
  return { errors, referee: new LockReferee(errors) };
}

test("holders one after another are right, however late a release is answered", () => {
  const { errors, referee: lock } = referee();
  const first = lock.enter(1, { turn: 0, seen: 10 });
  lock.leave(1);
  const second = lock.enter(2, { turn: 1, seen: 11 });
  lock.released(first, 11);
  lock.leave(2);
  lock.released(second, 15);
  lock.enter(1, { turn: 5, seen: 17 });
  expect([errors.count, lock.handOffs]).toEqual([0, 3]);
});

test("two holders at the same time are found", () => {
  const { errors, referee: lock } = referee();
  lock.enter(1, { turn: 1, seen: 1 });
  lock.enter(2, { turn: 2, seen: 2 });
  lock.leave(1);
  expect(errors.examples).toEqual([
    "client 2 got the lock that client 1 held",
    "client 1 lost the lock while it held it",
  ]);
});

test("who had the lock before the server released it is found, whichever is known first", () => {
  const { errors, referee: lock } = referee();
  const first = lock.enter(1, { turn: 1, seen: 10 });
  lock.leave(1);
  const second = lock.enter(2, { turn: 2, seen: 19 });
  lock.released(first, 20);
  lock.leave(2);
  lock.released(second, 30);
  lock.enter(1, { turn: 3, seen: 29 });
  expect(errors.examples).toEqual([
    "the lock was had at 19, before its release at 20",
    "the lock was had at 29, before its release at 30",
  ]);
});

test("a holder out of turn is found", () => {
  const { errors, referee: lock } = referee();
  lock.enter(1, { turn: 7, seen: 1 });
  lock.leave(1);
  lock.enter(2, { turn: 6, seen: 2 });
  expect(errors.examples).toEqual(["turn 6 came after turn 7"]);
});

test("a lock that two clients have at the same time fails the run", async () => {
  const both = Promise.withResolvers<void>();
  let asked = 0;
  const contender: Contender<Held> = {
    acquire: async () => {
      const turn = asked++;
      if (turn === 1) both.resolve();
      if (turn > 1) throw new Error("enough");
      await both.promise;
      return { turn, seen: turn };
    },
    release: async () => 0,
  };
  const sink = { latencies: new LatencyHistogram(), errors: new ErrorLog() };
  await expect(contend([contender, contender], 60, sink)).rejects.toThrow("enough");
  expect(sink.errors.examples[0]).toBe("client 1 got the lock that client 0 held");
});

test("an ephemeral that is missing, or none, is found", async () => {
  const owners = new Map([
    ["/a", 7],
    ["/b", 0],
  ]);
  const control = {
    exists: async (path: string) => {
      const ephemeralOwner = owners.get(path);
      return ephemeralOwner === undefined ? undefined : ({ ephemeralOwner } as Stat);
    },
  };
  const errors = new ErrorLog();
  await checkPresence(control, ["/a"], errors);
  expect(errors.count).toBe(0);
  await checkPresence(control, ["/a", "/b", "/c"], errors);
  expect(errors.count).toBe(2);
});

/** A session whose server is the test. */
function watchingSession() {
  let listener: ChannelListener = { onFrames: () => {}, onEnd: () => {} };
  const channel = {
    write: () => {},
    listen: (given: ChannelListener) => (listener = given),
    destroy: () => {},
  };
  const told: string[] = [];
  const session = new WatchingSession(channel, "/a", {
    onArmed: () => told.push("armed"),
    onEvent: () => told.push("event"),
    onWrong: (what) => told.push(what),
  });
  const receive = (write: (writer: JuteWriter) => void): void => {
    const writer = new JuteWriter();
    write(writer);
    listener.onFrames([writer.toBytes()]);
  };
  return {
    session,
    told,
    reply: (xid: number, data: Uint8Array) =>
      receive((writer) => {
        writeReplyHeader(writer, xid, 1, 0);
        writeReply(writer, { type: OpCode.getData, data, stat });
      }),
    event: (type: EventType, path: string) => {
      const writer = new JuteWriter();
      writeNotificationFrame(writer, type, path);
      listener.onFrames([writer.toBytes().subarray(4)]);
    },
    end: () => listener.onEnd("gone"),
  };
}

const stat: Stat = {
  czxid: 0,
  mzxid: 0,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
  ephemeralOwner: 0,
  dataLength: 1,
  numChildren: 0,
  pzxid: 0,
};
const one = Uint8Array.of(1);

test("a watch that is left and fires is right", () => {
  const { session, told, reply, event } = watchingSession();
  session.arm(one);
  reply(1, one);
  event(EventType.nodeDataChanged, "/a");
  expect(told).toEqual(["armed", "event"]);
});

test("stale data, an event too many, another event, and a lost session are found", () => {
  const { session, told, reply, event, end } = watchingSession();
  session.arm(one);
  reply(1, Uint8Array.of(2));
  event(EventType.nodeDeleted, "/b");
  event(EventType.nodeDataChanged, "/a");
  session.arm(one);
  end();
  expect(told.filter((what) => what !== "armed" && what !== "event")).toEqual([
    "not the data that was written last",
    "an event of type 2 of /b",
    "an event without a watch",
    "a watching session ended: gone",
  ]);
});
