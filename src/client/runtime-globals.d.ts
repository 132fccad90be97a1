/**
 * The web globals that the client uses, which Node, Bun, Deno, browsers and Workers all have. Declared here, because any
 * one runtime's types would let more compile.
 */
interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare const performance: { now(): number };
declare function setTimeout(callback: () => void, delayMs: number): number;
declare function clearTimeout(timer: number): void;
declare function queueMicrotask(callback: () => void): void;

declare const WebSocket: unknown;

/** There is none in Node 20. */
declare const navigator: { readonly userAgent: string };

/** Used on Workers only. */
declare function fetch(
  url: string,
  options: { readonly headers: Readonly<Record<string, string>> },
): Promise<{ readonly status: number }>;
