/**
 * An instance of a service, and its JSON, which is that of Curator's `JsonInstanceSerializer`.
 */

/** Curator's kinds. Those registered here are `DYNAMIC`: they go with their session. */
export type ServiceType = "DYNAMIC" | "STATIC" | "PERMANENT" | "DYNAMIC_SEQUENTIAL";

/** Curator's template of a URL: literal parts, and variables such as `scheme`, `address` and `port`. */
export interface UriSpec {
  readonly parts: readonly { readonly value: string; readonly variable: boolean }[];
}

/** `Payload` is what its owner says it is: it is not checked. */
export interface ServiceInstance<Payload = unknown> {
  readonly name: string;
  readonly id: string;
  readonly address: string | null;
  readonly port: number | null;
  readonly sslPort: number | null;
  /** For Curator to read it, an object needs a `@class` that names its Java class; a string is one anyway. */
  readonly payload: Payload | null;
  /** Milliseconds since 1970, by the clock of whoever registered it. */
  readonly registrationTimeUTC: number;
  readonly serviceType: ServiceType;
  readonly uriSpec: UriSpec | null;
  /** Whether it is to be used; an instance may register disabled, and be enabled later. */
  readonly enabled: boolean;
}

const decoder = new TextDecoder();

export function encodeInstance(instance: ServiceInstance): string {
  return JSON.stringify(instance);
}

/**
 * Reads what somebody else has written; what is missing has Curator's defaults.
 *
 * @throws TypeError, SyntaxError when it is no instance.
 */
export function decodeInstance<Payload>(data: Uint8Array | null): ServiceInstance<Payload> {
  const read: unknown = JSON.parse(data === null ? "" : decoder.decode(data));
  if (typeof read !== "object" || read === null) throw new TypeError("not a JSON object");
  const instance = read as Partial<ServiceInstance<Payload>>;
  const { name, id } = instance;
  if (typeof name !== "string" || typeof id !== "string") {
    throw new TypeError("a service instance has a name and an id");
  }
  return {
    name,
    id,
    address: instance.address ?? null,
    port: instance.port ?? null,
    sslPort: instance.sslPort ?? null,
    payload: instance.payload ?? null,
    registrationTimeUTC: instance.registrationTimeUTC ?? 0,
    serviceType: instance.serviceType ?? "DYNAMIC",
    uriSpec: instance.uriSpec ?? null,
    enabled: instance.enabled ?? true,
  };
}
