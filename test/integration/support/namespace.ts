/**
 * A namespace of its own for a test, and the hands on its object that only a test has.
 */
import {
  env,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
} from "cloudflare:test";
import type { Counters } from "../../../src/objects/counters.ts";
import type { SubtreeObject } from "../../../src/objects/subtree-object.ts";
import type { ConnectRequest } from "../../../src/protocol/records.ts";
import { advanceTo } from "./clock.ts";
import type { ConnectionOptions } from "./connection.ts";
import { TestClient } from "./zookeeper-client.ts";

export class TestNamespace {
  readonly name = `test-${crypto.randomUUID()}`;

  /** A new one every time: a stub is of no use after a reset. */
  get stub(): DurableObjectStub<SubtreeObject> {
    return env.SUBTREE.getByName(this.name);
  }

  connect(
    request: Partial<ConnectRequest> = {},
    options: ConnectionOptions = {},
  ): Promise<TestClient> {
    return TestClient.connect(this.name, request, options);
  }

  /** Runs inside the object. */
  inside<T>(
    callback: (state: DurableObjectState, object: SubtreeObject) => T | Promise<T>,
  ): Promise<T> {
    return runInDurableObject(this.stub, (object: SubtreeObject, state) => callback(state, object));
  }

  /** Throws the object out of memory; its sockets stay. */
  async hibernate(): Promise<void> {
    await this.stub.health(); // Only what runs can be thrown out.
    await evictDurableObject(this.stub, { webSockets: "hibernate" });
  }

  /** What the object counted since it was constructed. */
  counters(): Promise<Counters> {
    return this.inside((_, object) => object.counters());
  }

  /** Rows that are written while `action` runs. The object must stay in memory. */
  async rowsWrittenBy(action: () => Promise<unknown>): Promise<number> {
    const before = await this.counters();
    await action();
    return (await this.counters()).rowsWritten - before.rowsWritten;
  }

  rows<Row extends Record<string, SqlStorageValue>>(query: string): Promise<Row[]> {
    return this.inside((state) => state.storage.sql.exec<Row>(query).toArray());
  }

  alarm(): Promise<number | null> {
    return this.inside((state) => state.storage.getAlarm());
  }

  /** Moves the clock on to a time, with every alarm going off when it is due. */
  async passTo(nowMs: number): Promise<void> {
    for (;;) {
      const alarmMs = await this.alarm();
      if (alarmMs === null || alarmMs > nowMs) break;
      advanceTo(Math.max(alarmMs, Date.now()));
      await this.runAlarm();
    }
    advanceTo(nowMs);
  }

  /** Lets the alarm go off now. */
  runAlarm(): Promise<boolean> {
    return runDurableObjectAlarm(this.stub);
  }
}
