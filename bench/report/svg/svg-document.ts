/**
 * SVG as text. The colours are legible on white and on black alike: an image does not learn which theme GitHub shows.
 */
export const palette = {
  text: "#737b84",
  faint: "#8b949e",
  good: "#2f81c7",
  bad: "#d9822b",
  other: "#8c7ab8",
  second: "#4fa3a3",
  goal: "#c9407c",
} as const;

export const WIDTH = 760;
/** Where bars begin: labels stand to the left. */
export const BARS_AT = 230;
/** Where bars end at most: values stand to the right. */
export const BARS_END = 660;
/** Where the first row begins: the title stands above. */
export const ROWS_AT = 72;

type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content = ""): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${format(value)}"`);
  return `<${name}${list.join("")}${content === "" ? "/>" : `>${content}</${name}>`}`;
}

export function label(x: number, y: number, text: string, attributes: Attributes = {}): string {
  const all = { x, y, fill: palette.text, "font-size": 12, ...attributes };
  return element("text", all, escape(text));
}

export function line(
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  attributes: Attributes = {},
): string {
  return element("line", { x1, y1, x2, y2, stroke: palette.text, ...attributes });
}

export interface Heading {
  readonly title: string;
  readonly subtitle: string;
}

export function document(heading: Heading, height: number, parts: readonly string[]): string {
  const head = [
    element("title", {}, escape(heading.title)),
    label(16, 26, heading.title, { "font-size": 16, "font-weight": 600 }),
    label(16, 46, heading.subtitle),
  ];
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    viewBox: `0 0 ${WIDTH} ${height}`,
    width: WIDTH,
    height,
    role: "img",
    "font-family": "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif",
  };
  return `${element("svg", attributes, `\n${[...head, ...parts].join("\n")}\n`)}\n`;
}

function format(value: string | number): string {
  return typeof value === "number" ? String(Math.round(value * 10) / 10) : escape(value);
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
