/**
 * What `tproxy doctor` prints, for people and for scripts. Pure.
 *
 * @module
 */

import { toJson } from "../commands/answer.ts";
import { printable } from "../config/config.ts";
import { type Examined, type Finding, firstWrong, type State } from "./finding.ts";

const SIGNS: Readonly<Record<State, string>> = { ok: "ok", broken: "BROKEN", unknown: "unknown", skipped: "-" };

/**
 * Renders the path for people.
 *
 * @param examined What was found at each link.
 * @returns A line for each finding; below one that is broken, why it matters and what mends it. The last line is the
 * first broken link.
 */
export function renderText(examined: readonly Examined[]): string {
  const [signs, names] = [Object.values(SIGNS), examined.map(({ link }) => link)].map((texts) => {
    return Math.max(...texts.map(({ length }) => length));
  });
  const indent = " ".repeat((signs ?? 0) + (names ?? 0) + 4);
  const lines = examined.flatMap(({ link, why, findings }) =>
    findings.flatMap((finding, i) => {
      const head = `${SIGNS[finding.state].padEnd(signs ?? 0)}  ${(i === 0 ? link : "").padEnd(names ?? 0)}  `;
      const details = finding.state === "broken" ? [`why: ${why}`, `do: ${finding.remedy}`] : [];
      return [head + sentence(finding), ...details.map((text) => indent + printable(text))];
    })
  );
  return [...lines, "", lastLine(examined)].join("\n");
}

function sentence({ subject, text }: Finding): string {
  return printable(`${subject}: ${text}`);
}

function lastLine(examined: readonly Examined[]): string {
  const wrong = firstWrong(examined);
  if (wrong === undefined) return "no link is broken";
  const { link, state, remedy } = wrong;
  const mend = remedy === undefined ? "" : printable(`; ${remedy}`);
  return `${state === "broken" ? "broken" : "not known"}: ${link}: ${sentence(wrong)}${mend}`;
}

/**
 * Renders the path for scripts.
 *
 * @param examined What was found at each link.
 * @returns One JSON object: `links` with `link`, `why` and `findings` (`subject`, `state`, `text`, `remedy`), and
 * `first`, the first broken link, or `null`.
 */
export function renderJson(examined: readonly Examined[]): string {
  return toJson({ links: examined, first: firstWrong(examined) ?? null });
}
