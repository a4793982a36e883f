/**
 * What our programs are granted and what they ask for, on a host of the lab.
 *
 * Deno writes every permission that a program asks for into the file which the variable DENO_AUDIT_PERMISSIONS names,
 * except the permission to run another program. `audit.sh` stands in the place of the system's programs: it sets the
 * variable, and notes which of them ours have run.
 *
 * @module
 */

import { PROGRAMS } from "../../lib/programs.ts";
import type { Host } from "./host.ts";

/** A permission: its kind, for example `read`, and its value. */
export type Permission = readonly [kind: string, value: string];

/** One run of a program of ours. */
export interface Audited {
  /** Its name, for example `look` or `inner`. */
  readonly program: string;
  /** What it was granted. */
  readonly grants: readonly Permission[];
  /** What it has asked for. */
  readonly asks: readonly Permission[];
}

/** Where the programs and the proxies differ from the table, over all runs. */
export interface Differences {
  /** What was asked for and not granted. */
  readonly refused: readonly string[];
  /** What was granted, and never asked for. */
  readonly unused: readonly string[];
}

const FOLDER = "/run/audit";
const SCRIPT = new URL("audit.sh", import.meta.url).pathname;

/** From here on, the programs that launchers start on this host are audited, and the proxies that these start. */
export async function startAudit(host: Host): Promise<void> {
  const paths = [...Object.values(PROGRAMS).map(({ path }) => path), "/usr/bin/env"];
  await host.text(["mkdir", "-p", `${FOLDER}/real`]);
  await host.text(["cp", ...paths, `${FOLDER}/real`]);
  await host.text(["install", "-m", "755", SCRIPT, `${FOLDER}/audit.sh`]);
  for (const path of paths) await host.text(["mount", "--bind", `${FOLDER}/audit.sh`, path]);
}

/** Tells what has run so far. */
export async function auditOf(host: Host): Promise<Audited[]> {
  const runs = new Map<string, { program: string; grants: Permission[]; asks: Permission[] }>();
  for (const line of (await host.text(["grep", "-r", "", FOLDER])).split("\n")) {
    const [, folder, file, text = ""] = /^\/run\/audit\/(run\.\w+)\/(\w+):(.*)$/.exec(line) ?? [];
    if (folder === undefined) continue;
    const run = runs.get(folder) ?? { program: "", grants: [], asks: [] };
    runs.set(folder, run);
    if (file === "program") run.program = text;
    if (file === "args") run.grants.push(...grantsOf(text));
    if (file === "runs") run.asks.push(["run", text]);
    if (file === "asks") run.asks.push(askOf(text));
  }
  return [...runs.values()];
}

function grantsOf(arg: string): Permission[] {
  const [, kind, values = ""] = /^--allow-([a-z]+)=(.*)$/.exec(arg) ?? [];
  if (kind === undefined) return [];
  const isPath = kind === "read" || kind === "write";
  // Deno looks at a path without its "..".
  return values.split(",").map((value) => [kind, isPath ? new URL(`file://${value}`).pathname : value]);
}

function askOf(line: string): Permission {
  const { permission, value } = JSON.parse(line);
  return [permission, value];
}

/** Compares what programs were granted with what they have asked for. Pure. */
export function differencesOf(audited: readonly Audited[]): Differences {
  const [refused, granted, used] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (const { program, grants, asks } of audited) {
    for (const ask of asks) {
      const covering = grants.filter((grant) => covers(grant, ask));
      if (covering.length === 0) refused.add(nameOf(program, ask));
      for (const grant of covering) used.add(nameOf(program, grant));
    }
    for (const grant of grants) granted.add(nameOf(program, grant));
  }
  return { refused: [...refused].toSorted(), unused: [...granted.difference(used)].toSorted() };
}

/** Tells whether what was asked for is part of what was granted, by Deno's rules. */
function covers([kind, value]: Permission, [askedKind, asked]: Permission): boolean {
  if (kind !== askedKind) return false;
  if (kind === "read" || kind === "write") return asked === value || asked.startsWith(`${value}/`);
  return asked === value || (kind === "net" && !value.startsWith("unix:") && asked.startsWith(`${value}:`));
}

/** Eight files or sockets of one kind are one permission, as in docs/security.md, and so are those of all bridges. */
function nameOf(program: string, [kind, value]: Permission): string {
  return `${program} ${kind} ${value.replace(/\.[0-7]\.(json|socket)$/, ".<n>.$1").replace(/\bbr\d\b/, "<br>")}`;
}
