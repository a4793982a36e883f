/**
 * Doing the steps.
 *
 * @module
 */

import { drainAll } from "../daemon/drain.ts";
import { TproxyError } from "../errors.ts";
import { log } from "../log.ts";
import { runAttached } from "../run_attached.ts";
import { CommandError } from "../run_command.ts";
import { makeFolderAs, type Owner, ownerOf, readAs, removeAs, removeFolderAs, writeAs } from "./as_owner.ts";
import { folderOf, type Way } from "./files.ts";
import type { Place } from "./place.ts";
import { commandOf, describeStep, type Step } from "./steps.ts";

/**
 * Does steps, and stops at the first that fails.
 *
 * @param steps The steps.
 * @param place Where everything is.
 * @param say Prints a line for each step that a person has to know of, before it is done.
 * @throws {TproxyError} If a step can't be done.
 * @throws {Deno.errors.NotCapable} Without the permissions of `integrate` in `lib/permissions/command_permissions.ts`.
 */
export async function carryOut(steps: readonly Step[], place: Place, say: (line: string) => void): Promise<void> {
  for (const step of steps) {
    const line = describeStep(step);
    if (line !== undefined) say(line);
    await carryOutOne(step, place);
  }
  await removeIfEmpty(place.kept);
}

async function carryOutOne(step: Step, place: Place): Promise<void> {
  switch (step.kind) {
    case "write":
      return await writeAs(await ownerIn(place, step.path), step.path, step.text, step.mode);
    case "keep":
      return await keep(step.path, step.kept, place);
    case "put back": {
      const mode = ((await Deno.stat(step.kept)).mode ?? 0) & 0o777;
      return await writeAs(await ownerIn(place, step.path), step.path, await Deno.readFile(step.kept), mode);
    }
    case "remove":
      return await removeAs(await ownerIn(place, step.path), step.path);
    case "forget":
      return await Deno.remove(step.path);
    case "make folder":
      await makeFolderAs(await ownerIn(place, step.path), step.path);
      await makeKept(place);
      return await Deno.writeTextFile(step.list, `${step.path}\n`, { append: true });
    case "remove folder":
      return await removeFolderAs(await ownerIn(place, step.path), step.path);
    case "run":
      return await runStep(step);
    case "drain":
      return await drainAll();
    case "note":
      return await note(step.path, step.way);
    case "tell":
      return;
  }
}

/** All that is in the drivers' folder is done as its owner, and all else as the owner of the folder that it is in. */
async function ownerIn({ vnm }: Place, path: string): Promise<Owner> {
  return await ownerOf(path.startsWith(`${vnm}/`) ? vnm : folderOf(path));
}

async function keep(path: string, kept: string, place: Place): Promise<void> {
  const { mode } = await Deno.stat(path);
  const content = await readAs(await ownerOf(place.vnm), path).catch((cause) => {
    if (!(cause instanceof CommandError)) throw cause;
    throw new TproxyError(`the owner of ${place.vnm} may not read ${path}`, "move it away", { cause });
  });
  await makeKept(place);
  await Deno.writeFile(kept, content, { mode: 0o600 });
  await Deno.chmod(kept, (mode ?? 0) & 0o777);
}

async function note(path: string, way: Way | undefined): Promise<void> {
  if (way === undefined) return await Deno.remove(path);
  await Deno.writeTextFile(path, `${way}\n`);
  // Anybody may ask "tproxy check", whatever the umask of whoever runs this.
  await Deno.chmod(path, 0o644);
}

async function makeKept({ kept }: Place): Promise<void> {
  await Deno.mkdir(kept, { recursive: true, mode: 0o700 });
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    const names = await Array.fromAsync(Deno.readDir(folder));
    if (names.length === 0) await Deno.remove(folder);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A program of ours has its own permissions so, and those of the driver's are none of Deno's. */
async function runStep(step: Step & { kind: "run" }): Promise<void> {
  try {
    await runAttached("setpriv", ["--", step.program, ...step.args]);
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    if (step.remedy !== undefined) throw new TproxyError(`${commandOf(step)} failed`, step.remedy, { cause });
    log.warning(`${commandOf(step)} failed; see the line above`);
  }
}
