/**
 * Which pages may call. Browsers name the page's origin.
 */

/**
 * Without a token, the browser of somebody on this machine must not become a door for any page that it shows: only the
 * server's own is let in. Its host must be an address or `localhost`, since a name can be made to point here by whoever
 * owns it (DNS rebinding). Returns what is wrong, in words.
 */
export function checkOrigin(request: Request): string | undefined {
  const origin = request.headers.get("origin");
  if (origin === null) return undefined;
  const url = parseURL(origin);
  const isOwn = url?.host === request.headers.get("host");
  if (isOwn && url !== undefined && ADDRESS.test(url.hostname)) return undefined;
  return `not for pages of ${origin}`;
}

const ADDRESS = /^(localhost|\d+(\.\d+){3}|\[[0-9a-f:.]+\])$/i;

function parseURL(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // "null" of a sandboxed page, say.
  }
}
