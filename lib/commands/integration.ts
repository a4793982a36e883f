/**
 * `tproxy integrate` without an option: how OpenNebula's network drivers call this installation now.
 *
 * @module
 */

import { FAILED, OK } from "../exit_code.ts";
import { findReplacedFiles } from "../health/installation.ts";
import { findArchives } from "../integrate/archives.ts";
import { filesOf, sudoersOf, type Way } from "../integrate/files.ts";
import { frontEndOf, placeOf, requireFrontEnd } from "../integrate/place.ts";
import { find, keptOf, see, type Seen } from "../integrate/seen.ts";
import { readSources } from "../integrate/sources.ts";
import { currentForm } from "../permissions/current_form.ts";
import { renderTable } from "../table.ts";
import { type Answer, toJson } from "./answer.ts";

/** What to tell a person as long as OpenNebula does not call it. */
const NOT_CALLED = 'OpenNebula does not call it: run "tproxy integrate --drop-in", or with --hooks or --full; ' +
  "docs/opennebula.md says which";

/** A file of the way. */
export interface IntegrationFile {
  /** The file. */
  readonly path: string;
  /** Whether it is as it should be; else what is there in its place. */
  readonly state: "as it should be" | "changed" | "not ours" | "missing";
  /** Where the file is kept that was there before; `null` if there was none. */
  readonly kept: string | null;
}

/**
 * Shows how OpenNebula calls this installation.
 *
 * @param frontEnd Whether it is about the files of a front-end.
 * @returns The way and its files. The exit code is 1 if one of them is not as it should be, else 0.
 * @throws {import("../errors.ts").InputError} If this program was not installed, or this is no front-end.
 * @throws {Deno.errors.NotCapable} Without the permissions of `integrate` in `lib/permissions/command_permissions.ts`.
 */
export function showIntegration(frontEnd: boolean): Answer {
  const place = frontEnd ? frontEndOf(currentForm()) : placeOf(currentForm(), false);
  if (frontEnd) requireFrontEnd(place);
  const seen = see(place, readSources(place));
  const { way = null } = seen;
  const files = way === null ? [] : listFiles(way, seen);
  const archives = frontEnd ? findArchives(place.vnm) : [];
  const rows = files.map(({ path, state, kept }) => [path, state, kept ?? ""]);
  const text = way === null ? NOT_CALLED : [
    `OpenNebula calls it: ${way}`,
    ...renderTable([["file", "state", "kept in its place"], ...rows]),
    ...archives.map(broughtLine),
  ].join("\n");
  const notes = frontEnd
    ? []
    : findReplacedFiles().map(({ subject, text, remedy }) => `${subject}: ${text}; ${remedy}`);
  const isGood = files.every(({ state }) => state === "as it should be");
  return { text, notes, json: toJson({ way, files, archives }), exitCode: isGood ? OK : FAILED };
}

function broughtLine(archive: string): string {
  return `onehost sync brings the programs, too: ${archive}`;
}

function listFiles(way: Way, seen: Seen): IntegrationFile[] {
  const { vnm, sudoers } = seen.place;
  const files = [...filesOf(way, vnm), sudoersOf(way, sudoers) ?? []].flat();
  return files.filter(({ folder }) => seen.folders.has(folder)).map(({ path, source, mode, replaces }) => {
    const { kind, text, mode: current } = seen.files.get(path) ?? find(path);
    const kept = keptOf(seen.place, path);
    const isRight = kind === "ours" && text === seen.sources.get(source) && current === mode;
    const state = isRight ? "as it should be" : kind === "ours" ? "changed" : kind === "missing" ? kind : "not ours";
    return { path, state, kept: replaces && seen.kept.has(kept) ? kept : null };
  });
}
