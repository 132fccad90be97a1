/**
 * Numbers, times and addresses as Java prints them: monitoring was written against that.
 */

/** `Long.toHexString`: a negative number in two's complement. */
export function javaHex(value: number): string {
  return value < 0 ? BigInt.asUintN(64, BigInt(value)).toString(16) : value.toString(16);
}

/** `Double.toString`, for numbers from 0.001 up to ten millions: there it is not in scientific notation. */
export function javaDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `Date.toString` of a server whose time zone is UTC: `Tue Nov 24 15:35:52 UTC 2026`. */
export function javaDate(ms: number): string {
  const date = new Date(ms);
  const [day, month] = [DAYS[date.getUTCDay()], MONTHS[date.getUTCMonth()]];
  const dayOfMonth = String(date.getUTCDate()).padStart(2, "0");
  const time = date.toISOString().slice(11, 19);
  return `${day} ${month} ${dayOfMonth} ${time} UTC ${date.getUTCFullYear()}`;
}

/** `InetSocketAddress.toString` of an address without a name. */
export function javaAddress(address: string): string {
  return `/${address}`;
}
