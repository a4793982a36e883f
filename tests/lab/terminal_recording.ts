/**
 * What a terminal has shown over time, as an animated picture for the documents. Pure.
 *
 * @module
 */

import { escape } from "../../packaging/pictures/svg.ts";
import { type Span, spansOf } from "./terminal_line.ts";

const LINE = 18;
const CHARACTER = 7.9;
const MARGIN = 16;

/** How long the last screen stays before all begins anew, in seconds. */
const REST = 8;

/** What a terminal has shown at a time. */
export interface Screen {
  /** Since when, in seconds from the beginning. */
  readonly at: number;
  /** Its lines, as tmux prints them. */
  readonly text: string;
}

const STYLE = `text{font:13px ui-monospace,monospace;fill:#24292f}rect{fill:#f6f8fa}
.dim{fill:#57606a}.bold{font-weight:600}.green{fill:#1a7f37}.red{fill:#cf222e}.cyan{fill:#0969da}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22}.dim{fill:#9198a1}.green{fill:#3fb950}.red{fill:#ff7b72}.cyan{fill:#4493f8}}
@media(prefers-reduced-motion){.film{animation:none}}`;

/**
 * Draws a recording: a film of all screens beside each other, which moves by one screen at a time. Where nothing moves,
 * the last one is shown.
 *
 * @param title What it shows.
 * @param screens The screens, at least one, in the order of time.
 * @param columns How wide the terminal is, in characters.
 * @returns An SVG.
 */
export function drawRecording(title: string, screens: readonly Screen[], columns: number): string {
  const frames = screens.map(({ text }) => spansOf(text.trimEnd()));
  const width = Math.ceil(columns * CHARACTER) + 2 * MARGIN;
  const height = Math.max(...frames.map(({ length }) => length)) * LINE + 2 * MARGIN;
  const seconds = (screens.at(-1)?.at ?? 0) + REST;
  const stops = screens.map(({ at }, i) =>
    `${(at / seconds * 100).toFixed(2)}%{transform:translateX(${-i * width}px)}`
  );
  // Most lines are on many screens.
  const ids = new Map<string, string>();
  const idOf = (line: readonly Span[]) => {
    const drawn = line.map(drawSpan).join("");
    if (!ids.has(drawn)) ids.set(drawn, `l${ids.size}`);
    return ids.get(drawn);
  };
  const film = frames.map((lines, i) => {
    const used = lines.map((line, y) =>
      line.length === 0
        ? ""
        : `<use href="#${idOf(line)}" x="${i * width + MARGIN}" y="${MARGIN + (y + 1) * LINE - 5}"/>`
    );
    return used.join("");
  });
  const last = -(frames.length - 1) * width;
  return `<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(title)}</title><style>${STYLE}
.film{animation:film ${seconds.toFixed(2)}s steps(1,end) infinite}
@keyframes film{${stops.join("")}to{transform:translateX(${last}px)}}</style>
<defs>
${[...ids].map(([drawn, id]) => `<text id="${id}">${drawn}</text>`).join("\n")}
</defs>
<rect width="${width}" height="${height}" rx="6"/>
<g class="film" transform="translate(${last})">
${film.join("\n")}
</g>
</svg>
`;
}

function drawSpan({ text, look }: Span): string {
  return look.size === 0 ? escape(text) : `<tspan class="${[...look].toSorted().join(" ")}">${escape(text)}</tspan>`;
}
