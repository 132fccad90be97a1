/**
 * The few functions of Node's modules that the Worker uses; the runtime has them by default. Declared here, because
 * Node's own types would bring Node's globals along.
 */
declare module "node:crypto" {
  export function timingSafeEqual(left: Uint8Array, right: Uint8Array): boolean;
  export function createHash(algorithm: "sha1" | "sha256"): {
    update(
      text: string,
      encoding: "utf8",
    ): { digest(encoding: "base64"): string; digest(): Uint8Array<ArrayBuffer> };
  };
}
