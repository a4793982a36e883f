/**
 * A straight line through numbers that grow with the number of bridges.
 *
 * @module
 */

/** A measured number and the number of bridges. */
export type Point = readonly [bridges: number, value: number];

/** The value without a bridge, the increase for each bridge, and how well the line fits. */
export interface Line {
  readonly fixed: number;
  readonly slope: number;
  /** The coefficient of determination: 1 if all numbers are on the line. */
  readonly fit: number;
}

/** Fits a line by least squares. It needs at least two numbers of bridges. */
export function lineThrough(points: readonly Point[]): Line {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [middle, level] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const covariance = mean(points.map(([x, y]) => (x - middle) * (y - level)));
  const slope = covariance / mean(points.map(([x]) => (x - middle) ** 2));
  const fixed = level - slope * middle;
  const total = mean(points.map(([, y]) => (y - level) ** 2));
  const rest = mean(points.map(([x, y]) => (y - fixed - slope * x) ** 2));
  return { fixed, slope, fit: total === 0 ? 1 : 1 - rest / total };
}
