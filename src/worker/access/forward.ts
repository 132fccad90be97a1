/**
 * How a request gets to an object with what the door found out about it: in headers of our own, which no client can set.
 */
import type { Grant } from "../../core/grant.ts";
import { CLIENT_ADDRESS_HEADER, GRANT_HEADER } from "../../objects/env.ts";

/** The request as the object gets it. */
export function forwarded(
  request: Request,
  { grant, address }: { readonly grant: Grant | undefined; readonly address: string },
): Request {
  const copy = new Request(request);
  copy.headers.set(CLIENT_ADDRESS_HEADER, address);
  if (grant === undefined) copy.headers.delete(GRANT_HEADER);
  else copy.headers.set(GRANT_HEADER, encodeURIComponent(JSON.stringify(grant)));
  return copy;
}
