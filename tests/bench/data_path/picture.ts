/**
 * The medians as a picture: a group of bars for each metric, each group on a scale of its own.
 *
 * @module
 */

import { escape } from "../../../packaging/pictures/svg.ts";
import { type Metric, type MetricId, METRICS } from "./metrics.ts";
import type { Samples } from "./samples.ts";
import { format } from "./tables.ts";

/** What is worth a picture. */
const PICTURED: readonly MetricId[] = [
  "requests.32.cpu",
  "connections.32.cpu",
  "up.cpu",
  "streams.cpu",
  "requests.32.rate",
  "connections.32.rate",
  "flood.p99",
  "held.inner.rss",
];

const WIDTH = 720;
const LEFT = 130;
const LONGEST = 480;
const BAR = 18;
const GROUP_HEAD = 34;

/** One picture reads on white and on black: the viewer's own colours, by the viewer's preference. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}.note{fill:#57606a}
.bar{fill:#8c959f}.first{fill:#0969da}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.note{fill:#9198a1}.bar{fill:#656c76}.first{fill:#4493f8}}`;

/** Draws the picture; the first name's bars stand out. */
export function pictureOf(samples: Samples, names: readonly string[], caption: string): string {
  const parts: string[] = [];
  let y = 24;
  parts.push(text(0, y, `${caption}; × is relative to ${names[0]}`, "note"));
  for (const metric of METRICS.filter(({ id }) => PICTURED.includes(id))) {
    const bars = names.flatMap((name) => {
      const value = samples.median(metric.id, name);
      return value === undefined ? [] : [{ name, value, ratio: samples.ratio(metric.id, name, names[0] ?? "") }];
    });
    if (bars.length === 0) continue;
    y += GROUP_HEAD;
    parts.push(text(0, y, titleOf(metric), "title"));
    const longest = Math.max(...bars.map(({ value }) => value));
    for (const { name, value, ratio } of bars) {
      y += BAR + 4;
      const width = longest > 0 ? Math.max(1, Math.round(LONGEST * value / longest)) : 1;
      parts.push(text(0, y, name, ""));
      const colour = name === names[0] ? "bar first" : "bar";
      parts.push(`<rect class="${colour}" x="${LEFT}" y="${y - BAR + 4}" width="${width}" height="${BAR}" rx="2"/>`);
      const beside = name === names[0] || ratio === undefined ? "" : `, × ${ratio.toFixed(2)}`;
      parts.push(text(LEFT + width + 6, y, `${format(value)}${beside}`, ""));
    }
  }
  const height = y + 16;
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escape(caption)}</title>
<style>${STYLE}</style>
${parts.join("\n")}
</svg>
`;
}

function titleOf({ label, unit, better }: Metric): string {
  return `${label}, ${unit} (${better} is better)`;
}

function text(x: number, y: number, content: string, style: string): string {
  const attribute = style === "" ? "" : ` class="${style}"`;
  return `<text x="${x}" y="${y}"${attribute}>${escape(content)}</text>`;
}
