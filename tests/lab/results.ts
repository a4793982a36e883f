/**
 * What has become of the tests of one run, read from the JUnit file that `deno test --junit-path` writes.
 *
 * @module
 */

import { parseXml, type XmlElement } from "../../lib/setup/xml.ts";

/** How many tests a run had. */
export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** No tests. */
export const NONE: Totals = { passed: 0, failed: 0, skipped: 0 };

/**
 * Counts the tests of a run.
 *
 * @param junit The text of the JUnit file; `undefined` if the run has left none, since it was ended or a module can't
 * be loaded.
 * @param code The exit code.
 * @returns The counts. A run that has failed, or left nothing, without a failed test counts as one that failed.
 */
export function totalsOf(junit: string | undefined, code: number): Totals {
  const cases = junit === undefined ? [] : casesIn(parseXml(junit));
  const count = (kind: string) => cases.filter((found) => found === kind).length;
  const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped")];
  const isLost = failed === 0 && (code !== 0 || junit === undefined);
  return { passed, failed: isLost ? 1 : failed, skipped };
}

/** How each test ended: a case without a failure, an error or a mark that it was skipped has passed. */
function casesIn({ name, children }: XmlElement): ("passed" | "failed" | "skipped")[] {
  if (name !== "testcase") return children.flatMap(casesIn);
  if (children.some(({ name }) => name === "failure" || name === "error")) return ["failed"];
  return [children.some(({ name }) => name === "skipped") ? "skipped" : "passed"];
}

/**
 * Adds the counts of two runs.
 *
 * @param a The one.
 * @param b The other.
 * @returns The sums.
 */
export function add(a: Totals, b: Totals): Totals {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}
