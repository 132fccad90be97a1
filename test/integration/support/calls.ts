/**
 * Calls to a namespace, as the Worker makes them: over RPC, to its object.
 */
import type {
  Call,
  CallError,
  Caller,
  CallName,
  CallResult,
  Calls,
} from "../../../src/services/call.ts";
import type { TestNamespace } from "./namespace.ts";

const CALLER: Caller = { address: "192.0.2.1" };

/** How a call is made. */
export interface AskOptions {
  readonly caller?: Partial<Caller>;
}

export class Calling {
  readonly #namespace: TestNamespace;

  constructor(namespace: TestNamespace) {
    this.#namespace = namespace;
  }

  /** Makes a call, and gives what it came to. */
  async result<N extends CallName>(
    name: N,
    takes: Calls[N]["takes"],
    { caller }: AskOptions = {},
  ): Promise<CallResult<N>> {
    const call = { name, ...takes } as unknown as Call;
    const asked: Promise<unknown> = this.#namespace.stub.perform({ ...CALLER, ...caller }, call);
    return (await asked) as CallResult<N>;
  }

  /** Makes a call that is to succeed. */
  async ask<N extends CallName>(
    name: N,
    takes: Calls[N]["takes"],
    options: AskOptions = {},
  ): Promise<Calls[N]["gives"]> {
    const result = await this.result(name, takes, options);
    if (!result.ok) throw new Error(`${name}: ${result.error.name}: ${result.error.message}`);
    return result.value;
  }

  /** Makes a call that is to fail. */
  async failure<N extends CallName>(
    name: N,
    takes: Calls[N]["takes"],
    options: AskOptions = {},
  ): Promise<CallError> {
    const result = await this.result(name, takes, options);
    if (result.ok) throw new Error(`${name} succeeded: ${JSON.stringify(result.value)}`);
    return result.error;
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
