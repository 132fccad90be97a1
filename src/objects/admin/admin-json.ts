/**
 * JSON in the layout of ZooKeeper's AdminServer (Jackson's): `"name" : value`, a field a line, lists on one. Scripts
 * that look for a line find it, and a 64-bit trace mask keeps its digits.
 */

/** A value that a command answers with. A map is an object whose names are not known before. */
export type AdminValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly AdminValue[]
  | ReadonlyMap<string | number, AdminValue>
  | AdminFields;

export interface AdminFields {
  readonly [name: string]: AdminValue;
}

export function adminJSON(fields: AdminFields): string {
  return valueText(fields, "");
}

function valueText(value: AdminValue, indent: string): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (value instanceof Map) return objectText([...value], indent);
  if (Array.isArray(value)) return listText(value, indent);
  return objectText(Object.entries(value), indent);
}

function listText(values: readonly AdminValue[], indent: string): string {
  if (values.length === 0) return "[ ]";
  return `[ ${values.map((value) => valueText(value, indent)).join(", ")} ]`;
}

function objectText(
  entries: readonly (readonly [name: string | number, value: AdminValue])[],
  indent: string,
): string {
  if (entries.length === 0) return "{ }";
  const inner = `${indent}  `;
  const lines = entries.map(
    ([name, value]) => `${inner}${JSON.stringify(String(name))} : ${valueText(value, inner)}`,
  );
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
