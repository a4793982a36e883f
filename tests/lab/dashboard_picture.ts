/**
 * The dashboard as a picture for the documents: its panels with what Prometheus answered. Pure.
 *
 * @module
 */

import type { Answered, Panel, Range } from "./dashboard.ts";
import { escape } from "../../packaging/pictures/svg.ts";
import { drawLines, drawStat, textAt } from "./dashboard_chart.ts";

/** Pixels of a unit of the dashboard's grid. */
const UNIT = { x: 42, y: 26 };
const MARGIN = 12;
const HEAD = 44;
const GAP = 4;

/** One picture reads on white and on black: the viewer's own colours, by the viewer's preference. */
const STYLE =
  `text{font:11px system-ui,sans-serif;fill:#57606a}.title{font-weight:600;fill:#24292f}.head{font-size:15px}
.number{font-size:34px;font-weight:600;text-anchor:middle;fill:#24292f}.middle{text-anchor:middle}.end{text-anchor:end}
.green{fill:#1a7f37}.red{fill:#cf222e}.ground{fill:#f6f8fa}.panel{fill:#fff;stroke:#d0d7de}.grid{stroke:#d0d7de}
.line{fill:none;stroke:currentColor;stroke-width:1.5}.key{fill:currentColor}
.c0{color:#0969da}.c1{color:#bc4c00}.c2{color:#1a7f37}.c3{color:#8250df}.c4{color:#cf222e}.c5{color:#7d6608}.c6{color:#0e7490}.c7{color:#bf3989}
@media(prefers-color-scheme:dark){text{fill:#9198a1}.title,.number{fill:#e6edf3}
.green{fill:#3fb950}.red{fill:#ff7b72}.ground{fill:#0d1117}.panel{fill:#161b22;stroke:#3d444d}.grid{stroke:#3d444d}
.c0{color:#4493f8}.c1{color:#f0883e}.c2{color:#3fb950}.c3{color:#ab7df8}.c4{color:#ff7b72}.c5{color:#d9c04a}.c6{color:#39c5cf}.c7{color:#f778ba}}`;

/** Draws the panels at their places, under a title and a line that says what this is. */
export function drawDashboard(title: string, caption: string, answers: readonly Answered[], range: Range): string {
  const places = answers.map(({ panel }) => panel.gridPos);
  const width = 2 * MARGIN + UNIT.x * Math.max(...places.map(({ x, w }) => x + w));
  const height = HEAD + MARGIN + UNIT.y * Math.max(...places.map(({ y, h }) => y + h));
  const parts = answers.map(({ panel, series }) => {
    const { x, y, w, h } = panel.gridPos;
    const size = { width: w * UNIT.x - GAP, height: h * UNIT.y - GAP };
    const inside = panel.type === "stat" ? drawStat(panel, series, size) : drawLines(panel, series, size, range);
    return `<g transform="translate(${MARGIN + x * UNIT.x + GAP / 2} ${HEAD + y * UNIT.y + GAP / 2})">
${describe(panel)}
<rect class="panel" width="${size.width}" height="${size.height}" rx="3"/>
${textAt(8, 16, panel.title, "title")}
${inside.join("\n")}
</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(title)}</title><style>${STYLE}</style><rect class="ground" width="${width}" height="${height}" rx="6"/>
${textAt(MARGIN + GAP / 2, 20, title, "title head")}
${textAt(MARGIN + GAP / 2, 37, caption, "caption")}
${parts.join("\n")}
</svg>
`;
}

/** What a picture says which panel it shows, and of which queries. */
export function describe({ title, targets }: Pick<Panel, "title" | "targets">): string {
  return `<desc>${escape([title, ...targets.map(({ expr }) => expr)].join("\n"))}</desc>`;
}
