/**
 * Who stands where in a line: contenders are ordered by the numbers that the server puts behind their names.
 *
 * A number is a 32-bit integer that counts up to 2,147,483,647 and goes on at -2,147,483,648, so two of them
 * are compared by the sign of their difference: that holds as long as the line is shorter than half of all
 * numbers. A contender that took over the place of another has that one's number before its own.
 */

/**
 * Ten digits, as Java's `%010d` writes them; a minus sign is one only behind the dash or underscore of the
 * prefix.
 */
const NUMBERS = /(?:[-_](-\d{9,10})|(\d{10}))(\d{10}|-\d{9,10})?$/;

interface Position {
  readonly name: string;
  readonly place: number;
  readonly own: number;
}

function positionOf(name: string): Position | undefined {
  const match = NUMBERS.exec(name);
  if (match === null) return undefined;
  const place = Number(match[1] ?? match[2]);
  return { name, place, own: match[3] === undefined ? place : Number(match[3]) };
}

/**
 * The contenders among the names, first come first. Every name that ends in a number is one, whoever's recipe
 * it is.
 */
export function inLine(names: readonly string[]): string[] {
  return names
    .map(positionOf)
    .filter((position) => position !== undefined)
    .sort((a, b) => (a.place - b.place) | 0 || (a.own - b.own) | 0)
    .map(({ name }) => name);
}

/** The number of the place that a contender has in the line, as it is written. */
export function placeOf(name: string): string {
  const match = NUMBERS.exec(name);
  return match?.[1] ?? match?.[2] ?? "";
}
