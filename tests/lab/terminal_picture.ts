/**
 * What a command has printed, as a picture for the documents. Pure.
 *
 * @module
 */

import { escape } from "../../packaging/pictures/svg.ts";
import { spansOf } from "./terminal_line.ts";

const LINE = 18;
const CHARACTER = 7.9;
const MARGIN = 16;

/** How many characters a line has before it is broken, as a terminal does it. */
const COLUMNS = 120;

/** One picture reads on white and on black: the viewer's own colours, by the viewer's preference. */
const STYLE = `text{font:13px ui-monospace,monospace;fill:#24292f;white-space:pre}rect{fill:#f6f8fa}
.ok{fill:#57606a}.broken{fill:#cf222e;font-weight:600}.command{font-weight:600}
rect.bar{fill:#57606a}.marked{fill:#fff}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22}.ok{fill:#9198a1}.broken{fill:#ff7b72}rect.bar{fill:#9198a1}.marked{fill:#0d1117}}`;

/**
 * Draws a terminal.
 *
 * @param command What was typed.
 * @param output What was printed.
 * @returns An SVG; lines that begin with "ok" or "-" are pale, those that begin with "broken" stand out, and those that
 * are reversed are on a bar.
 */
export function pictureOfTerminal(command: string, output: string): string {
  const lines = spansOf([`$ ${command}`, ...output.trimEnd().split("\n")].join("\n")).flatMap((spans) => {
    const line = spans.map(({ text }) => text).join("");
    const name = spans[0]?.look.has("reversed") ? "marked" : classOf(line);
    return (line.match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [""]).map((text) => ({ text, name }));
  });
  const width = Math.ceil(Math.max(...lines.map(({ text }) => text.length)) * CHARACTER) + 2 * MARGIN;
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = lines.map(({ text, name }, i) => {
    const bar = `<rect class="bar" x="${MARGIN / 2}" y="${MARGIN + i * LINE}" width="${
      width - MARGIN
    }" height="${LINE}"/>`;
    const y = MARGIN + (i + 1) * LINE - 5;
    return `${name === "marked" ? `${bar}\n` : ""}<text class="${name}" x="${MARGIN}" y="${y}">${escape(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(command)}</title><style>${STYLE}</style><rect width="${width}" height="${height}" rx="6"/>
${texts.join("\n")}
</svg>
`;
}

/** The lines that a picture shows. */
export function linesOf(picture: string): string[] {
  return Array.from(picture.matchAll(/<text [^>]*>(.*)<\/text>/g), ([, line = ""]) => {
    return line.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  });
}

function classOf(line: string): string {
  if (line.startsWith("$")) return "command";
  return /^broken/i.test(line) ? "broken" : /^(?:ok|-) /.test(line) ? "ok" : "";
}
