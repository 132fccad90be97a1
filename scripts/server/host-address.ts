/** Addresses to listen on and to print. */
import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { UserError } from "../command.ts";

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** The IP address behind what was given as `--host`. */
export async function resolveHost(host: string): Promise<string> {
  try {
    return (await lookup(host, { order: "ipv4first" })).address;
  } catch {
    throw new UserError(`--host ${host}: no such address`);
  }
}

export function isLoopback(address: string): boolean {
  return loopback.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** `host:port`, with the brackets that IPv6 needs. */
export function formatEndpoint(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where to reach a server on this machine that listens on `address`: one does not connect to "all addresses". */
export function reachableAddress(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}
