/** Options of `npm run keys`. */
import { readScope, SCOPE_FIELDS } from "../../src/access/scope.ts";
import { SettingsError } from "../../src/access/settings.ts";
import { parseOptions, UserError } from "../command.ts";

/** What a key or a token is for, as the configuration and the claim have it. */
export interface KeyScope {
  readonly namespaces: readonly string[];
  readonly prefixes: readonly string[];
  readonly permissions: readonly string[];
}

export type KeyCommand =
  | {
      readonly name: "api-key";
      readonly subject: string;
      readonly scope: KeyScope;
      readonly expires: string | undefined;
    }
  | { readonly name: "secret" }
  | { readonly name: "key-pair"; readonly algorithm: string }
  | {
      readonly name: "token";
      readonly subject: string;
      readonly scope: KeyScope;
      readonly keyFile: string;
      readonly expiresInS: number;
      readonly issuer: string | undefined;
      readonly audience: string | undefined;
      readonly keyId: string | undefined;
    };

export const keysHelp = `Usage: npm run keys -- <command> [options]

Makes the keys and tokens of docs/security.md. Nothing is kept: what is printed is all there is.

Commands:
  api-key   a key, shown once, and its entry for API_KEYS, which has the key's hash
  secret    a secret for JWTs: its entry for JWT_KEYS is {"secret":"<it>"}
  key-pair  a private key to sign JWTs with; on stderr, the public one as an entry for JWT_KEYS
  token     a JWT, signed with --key

What an api-key or a token is for:
  --subject <name>       who has it: the id of scheme jwt in ACLs
  --namespaces <list>    with commas between; * for all
  --prefixes <list>      paths, each with all that is below; / for everything
  --permissions <list>   of read, write, create, delete, admin
  --expires <time>       of an api-key: when it ends, as 2030-01-31T12:00Z; never unless it is given

Of a key-pair:
  --algorithm <name>     ES256 (unless it is given), RS256 or EdDSA

Of a token:
  --key <file>           a private key in PEM, or a secret
  --expires-in <time>    1h unless it is given; 90s, 15m, 12h, 30d
  --issuer, --audience, --key-id
`;

const ALGORITHMS = ["ES256", "RS256", "EdDSA"];

/** Returns undefined when help was asked for. */
export function parseKeyCommand(args: readonly string[]): KeyCommand | undefined {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help") return undefined;
  const values = parseOptions(rest, {
    subject: { type: "string" },
    namespaces: { type: "string" },
    prefixes: { type: "string" },
    permissions: { type: "string" },
    expires: { type: "string" },
    algorithm: { type: "string" },
    key: { type: "string" },
    "expires-in": { type: "string" },
    issuer: { type: "string" },
    audience: { type: "string" },
    "key-id": { type: "string" },
    help: { type: "boolean", default: false },
  });
  if (values.help) return undefined;
  switch (name) {
    case "api-key":
      return { name, ...whatFor(values), expires: parseTime(values.expires) };
    case "secret":
      return { name };
    case "key-pair":
      return { name, algorithm: parseAlgorithm(values.algorithm ?? "ES256") };
    case "token":
      return {
        name,
        ...whatFor(values),
        keyFile: given("--key", values.key),
        expiresInS: parseDuration(values["expires-in"] ?? "1h"),
        issuer: values.issuer,
        audience: values.audience,
        keyId: values["key-id"],
      };
    default:
      throw new UserError(`no command "${name}" (see --help)`);
  }
}

interface ScopeOptions {
  readonly subject?: string | undefined;
  readonly namespaces?: string | undefined;
  readonly prefixes?: string | undefined;
  readonly permissions?: string | undefined;
}

/** By the same rules as the server, so that nothing is signed that it would refuse. */
function whatFor(options: ScopeOptions): { subject: string; scope: KeyScope } {
  const subject = given("--subject", options.subject);
  const [namespaces, prefixes, permissions] = SCOPE_FIELDS.map((name) =>
    given(`--${name}`, options[name]).split(","),
  ) as [string[], string[], string[]];
  const scope = { namespaces, prefixes, permissions };
  try {
    readScope("--", scope, subject);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    throw new UserError(error.message.replace(/^--[.:]? ?/, ""));
  }
  return { subject, scope };
}

function given(option: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new UserError(`${option} is missing (see --help)`);
  return value;
}

function parseTime(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const timeMs = Date.parse(text);
  if (Number.isNaN(timeMs)) throw new UserError(`--expires takes a time, not "${text}"`);
  return new Date(timeMs).toISOString();
}

function parseAlgorithm(name: string): string {
  if (ALGORITHMS.includes(name)) return name;
  throw new UserError(`--algorithm takes ${ALGORITHMS.join(", ")}, not "${name}"`);
}

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

function parseDuration(text: string): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_S[unit] ?? Number.NaN);
  if (seconds > 0) return seconds;
  throw new UserError(`--expires-in takes a time as 90s, 15m, 12h or 30d, not "${text}"`);
}
