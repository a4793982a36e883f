/**
 * What our programs are granted and what they ask for, on a host of the lab.
 *
 * Deno writes every permission that a program asks for into the file which the variable DENO_AUDIT_PERMISSIONS names,
 * except the permission to run another program. `audit.sh` sets the variable. In the place of the system's programs it
 * notes which of them ours have run, too.
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

/** Every proxy is started by it. */
const STARTER = PROGRAMS.setpriv.path;

/** Puts `audit.sh` in the place of programs; `sh FOLDER SCRIPT PROGRAM…`. */
const STAND_IN = `folder=$0
mkdir -p "$folder/real"
install -m 755 "$1" "$folder/audit.sh"
shift
cp "$@" "$folder/real"
for path do mount --bind "$folder/audit.sh" "$path"; done`;

/** From here on, what is run by {@linkcode audited} on this host is audited, and all proxies. */
export async function startAudit(host: Host): Promise<void> {
  await standIn(host, STARTER);
}

/** On a host where the audit has started: from here on, the programs that launchers start are audited, too. */
export async function auditLaunchers(host: Host): Promise<void> {
  const paths = Object.values(PROGRAMS).map(({ path }) => path).filter((path) => path !== STARTER);
  await standIn(host, ...paths, "/usr/bin/env");
}

async function standIn(host: Host, ...paths: string[]): Promise<void> {
  await host.text(["sh", "-e", "-c", STAND_IN, FOLDER, SCRIPT, ...paths]);
}

/** The command line that runs a program of the checkout and audits it. Where no audit has started, it only runs it. */
export function audited(program: string, argv: readonly string[]): string[] {
  return ["bash", SCRIPT, program, ...argv];
}

/** Names what programs and proxies have asked for on a host so far and were refused, except to run a program. */
export async function refusedOn(host: Host): Promise<readonly string[]> {
  const audited = await auditOf(host);
  const written = audited.map((run) => ({ ...run, asks: run.asks.filter(([kind]) => kind !== "run") }));
  return differencesOf(written).refused;
}

/** Tells what has run so far. */
export async function auditOf(host: Host): Promise<Audited[]> {
  const runs = new Map<string, { program: string; grants: Permission[]; asks: Permission[] }>();
  // No folder, where a test has mounted another /run; half a line, where something still writes.
  const { stdout } = await host.run(["grep", "-rsI", "--exclude-dir=real", "", FOLDER]);
  for (const line of stdout.split("\n")) {
    const [, folder, file, text = ""] = /^\/run\/audit\/(run\.\w+)\/(\w+):(.*)$/.exec(line) ?? [];
    if (folder === undefined) continue;
    const run = runs.get(folder) ?? { program: "", grants: [], asks: [] };
    runs.set(folder, run);
    if (file === "program") run.program = text;
    if (file === "args") run.grants.push(...grantsOf(text));
    if (file === "runs") run.asks.push(["run", text]);
    if (file === "asks" && text.endsWith("}")) run.asks.push(askOf(text));
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
