/**
 * Texts and boxes of a picture for the documents. Pure.
 *
 * @module
 */

/** One picture reads on white and on black: the viewer's own colours, by the viewer's preference. */
const STYLE =
  `text{font:13px system-ui,sans-serif;fill:#24292f}.name{font-weight:600}.code{font:12px ui-monospace,monospace}
.note{fill:#57606a}.box{fill:#f6f8fa;stroke:#8c959f}.rule{stroke:#d0d7de}.strong{fill:#cf222e;font-weight:600}
.way{stroke:#0969da;stroke-width:2;fill:none}.tip{fill:#0969da}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9198a1}.box{fill:#161b22;stroke:#656c76}
.rule{stroke:#30363d}.strong{fill:#ff7b72}.way{stroke:#4493f8}.tip{fill:#4493f8}}`;

/**
 * Puts a picture together.
 *
 * @param title What it shows.
 * @param width Its width in pixels.
 * @param height Its height in pixels.
 * @param parts Its elements.
 * @returns An SVG.
 */
export function svg(title: string, width: number, height: number, parts: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">
<title>${escape(title)}</title><style>${STYLE}</style>
${parts.join("\n")}
</svg>
`;
}

/** A text; `kind` is one of the classes of the style, or several. */
export function text(x: number, y: number, kind: string, content: string, attributes = ""): string {
  return `<text class="${kind}" x="${x}" y="${y}"${attributes}>${escape(content)}</text>`;
}

/** A box with round corners. */
export function box(x: number, y: number, width: number, height: number): string {
  return `<rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="6"/>`;
}

/** Text as it stands in an SVG. */
export function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
