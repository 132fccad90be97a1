/** UTF-16 units that a list for `json_each` has at most, unless one entry is longer: a bound value may have 2 MB. */
const LIST_UNITS_MAX = 256 * 1024;

/** The entries as JSON arrays, of which each is short enough to be bound. */
export function jsonLists(entries: Iterable<readonly (string | number)[]>): string[] {
  const lists: string[] = [];
  let list: string[] = [];
  let units = 0;
  for (const entry of entries) {
    const text = JSON.stringify(entry);
    list.push(text);
    units += text.length;
    if (units < LIST_UNITS_MAX) continue;
    lists.push(`[${list.join()}]`);
    list = [];
    units = 0;
  }
  if (list.length > 0) lists.push(`[${list.join()}]`);
  return lists;
}
