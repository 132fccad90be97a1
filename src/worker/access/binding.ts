/**
 * Callers that come over a service binding: whoever configured it is trusted, and may have narrowed it in its `props`.
 */
import { narrow, readScope, type Scope, SCOPE_FIELDS } from "../../access/scope.ts";
import { tableAt, textAt } from "../../access/settings.ts";
import { PERMISSIONS } from "../../core/grant.ts";

/** What a service binding may say in its `props`. What it does not name is not narrowed. */
export interface BindingProps {
  /** Who it is, in ACLs and for sessions; "binding" unless it says so. */
  readonly subject?: string;
  readonly namespaces?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly permissions?: readonly string[];
}

/**
 * What a binding is for; undefined for everything.
 *
 * @throws SettingsError when its props are wrong: then it is for nothing.
 */
export function scopeOfBinding(props: unknown): Scope | undefined {
  if (props === undefined || props === null) return undefined;
  const table = tableAt("props", props, ["subject", ...SCOPE_FIELDS]);
  if (Object.keys(table).length === 0) return undefined;
  const { subject = "binding", ...said } = table;
  const everything = { namespaces: ["*"], prefixes: ["/"], permissions: PERMISSIONS };
  return readScope("props", { ...everything, ...said }, textAt("props.subject", subject));
}

/**
 * What a token is for that comes over a binding: no more than either of them allows. Undefined for everything.
 *
 * @throws SettingsError when that is too much for one grant.
 */
export function both(token: Scope | undefined, binding: Scope | undefined): Scope | undefined {
  if (token === undefined || binding === undefined) return token ?? binding;
  return narrow(token, binding);
}
