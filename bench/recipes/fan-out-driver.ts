/**
 * What a change that is watched needs of a protocol.
 */
import { OpCode } from "../../src/protocol/op-code.ts";
import { ControlClient } from "../control-client.ts";
import { openSession } from "../session.ts";
import type { Address } from "../tcp-stream.ts";
import { WatchingSession } from "./watching-session.ts";

/** Who makes the changes. */
export interface Changer {
  create(path: string, data: Uint8Array): Promise<void>;
  change(path: string, data: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  close(): Promise<void>;
  destroy(): void;
}

/** Who learns of them: one connection. */
export interface Watcher {
  /** Makes sure that it knows what was written last, and that it will learn of the next change. */
  arm(expected: Uint8Array): void;
  close(): Promise<void>;
  destroy(): void;
}

/** What a watcher tells of; a wrong answer or event is told as a sentence. */
export interface WatcherListener {
  onArmed(): void;
  onEvent(): void;
  onWrong(what: string): void;
}

export interface FanOutDriver {
  openChanger(address: Address): Promise<Changer>;
  openWatcher(address: Address, path: string, listener: WatcherListener): Promise<Watcher>;
}

export const zookeeperFanOut: FanOutDriver = {
  openChanger: async (address) => {
    const control = await ControlClient.open(address);
    return {
      create: (path, data) => control.create(path, data),
      change: async (path, data) => {
        await control.request({ type: OpCode.setData, path, data, version: -1 });
      },
      remove: (path) => control.delete(path),
      close: () => control.close(),
      destroy: () => control.destroy(),
    };
  },
  openWatcher: async (address, path, listener) =>
    new WatchingSession(await openSession(address), path, listener),
};
