/**
 * The dashboard of the distribution, and what a Prometheus answers to its queries.
 *
 * @module
 */

import assert from "node:assert/strict";
import dashboard from "../../packaging/share/monitoring/dashboard.json" with { type: "json" };
import type { Host } from "./host.ts";

/** The part of a panel that counts here. */
export interface Panel {
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig: {
    readonly defaults: {
      readonly unit: string;
      readonly thresholds?: { readonly steps: readonly { readonly color: string; readonly value: number | null }[] };
    };
  };
}

/** All panels. */
export const PANELS: readonly Panel[] = dashboard.panels;

/** One line of a panel: a name as the legend has it, and pairs of a time in seconds and a value. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

/** What Prometheus answered. */
export interface Answered {
  readonly panel: Panel;
  readonly series: readonly Series[];
}

/** A stretch of time, in seconds since 1970. */
export interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

/** What stands in the place of the dashboard's variables. */
export interface Variables {
  readonly instance: string;
  readonly bridge: string;
  readonly rateInterval: string;
}

/** A sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface Matrix {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Asks the Prometheus of a host for what there is now. */
export function query(host: Host, expr: string): Promise<Sample[]> {
  return ask(host, "query", { query: expr });
}

/** Asks the queries of one panel; each has to find something. */
export async function answersTo(host: Host, panel: Panel, variables: Variables, range: Range): Promise<Answered> {
  const series: Series[] = [];
  for (const { expr, legendFormat } of panel.targets) {
    const filled = expr.replaceAll("$__rate_interval", variables.rateInterval)
      .replaceAll("$instance", variables.instance).replaceAll("$bridge", variables.bridge);
    assert.doesNotMatch(filled, /=~"\$|\[\$/, `${panel.title}: a variable that is not known`);
    const times = { start: String(range.start), end: String(range.end), step: String(range.step) };
    const found = (await ask<Matrix>(host, "query_range", { query: filled, ...times })).map(({ metric, values }) => ({
      name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
      // A quantile of no events is NaN.
      points: values.map(([time, value]) => [time, Number(value)] as const).filter(([, value]) => !Number.isNaN(value)),
    })).filter(({ points }) => points.length > 0);
    assert.ok(found.length > 0, `${panel.title}: nothing for ${filled}`);
    series.push(...found);
  }
  return { panel, series };
}

async function ask<T>(host: Host, path: string, parameters: Readonly<Record<string, string>>): Promise<T[]> {
  const words = Object.entries(parameters).flatMap(([name, value]) => ["--data-urlencode", `${name}=${value}`]);
  const url = `http://127.0.0.1:9090/api/v1/${path}`;
  const answer = await host.text(["curl", "-sS", "--get", ...words, url]);
  const { status, data, error } = JSON.parse(answer);
  assert.equal(status, "success", `${parameters["query"]}: ${error}`);
  return data.result;
}
