/**
 * Which pages may call. Browsers name the page's origin.
 */

/**
 * Without a token, the browser of somebody on this machine must not become a door for any page that it shows: only the
 * server's own is let in. Its host must be an address or `localhost`, since a name can be made to point here by whoever
 * owns it (DNS rebinding). A page reads what is of its own origin without naming that, so requests without an origin must
 * have a host as well that nobody can own. Returns what is wrong, in words.
 */
export function checkOrigin(request: Request): string | undefined {
  const { hostname } = new URL(request.url);
  const origin = request.headers.get("origin");
  if (origin === null)
    return UNOWNED.test(hostname)
      ? undefined
      : `not by the name ${hostname}: an open server is asked by its address (docs/security.md)`;
  const url = parseURL(origin);
  const isOwn = url?.host === request.headers.get("host");
  if (isOwn && url !== undefined && ADDRESS.test(url.hostname)) return undefined;
  return `not for pages of ${origin}`;
}

const ADDRESS = /^(localhost|\d+(\.\d+){3}|\[[0-9a-f:.]+\])$/i;

/** Addresses, and names that are in no public DNS: those without a dot, and those of the suffixes that are kept for private use. */
const UNOWNED =
  /^([^.]+|\d+(\.\d+){3}|\[[0-9a-f:.]+\]|.+\.(localhost|local|internal|home\.arpa|test))\.?$/i;

function parseURL(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // "null" of a sandboxed page, say.
  }
}
