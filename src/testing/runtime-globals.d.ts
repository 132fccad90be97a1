/**
 * Ways to have a turn of the event loop pass. Every runtime has one of them at least.
 */
declare const setImmediate: ((callback: () => void) => unknown) | undefined;

interface TurnPort {
  addEventListener(type: "message", listener: () => void): void;
  start(): void;
  postMessage(message: null): void;
  close(): void;
}

declare const MessageChannel:
  | (new () => { readonly port1: TurnPort; readonly port2: TurnPort })
  | undefined;
