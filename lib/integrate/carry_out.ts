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
import { copyAs, makeFolderAs, readAs, removeAs, removeFolderAs, succeedsAs, writeAs } from "./as_owner.ts";
import { folderOf } from "./files.ts";
import { type Owner, ownerOf } from "./owner_of.ts";
import type { Place } from "./place.ts";
import { commandOf, describeStep, type Step } from "./steps.ts";

const SUDO = "/usr/bin/sudo";

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
  await removeFolderAs(await ownerIn(place, place.kept), place.kept);
}

async function carryOutOne(step: Step, place: Place): Promise<void> {
  if (step.kind === "tell") return;
  if (step.kind === "run") return await runStep(step);
  if (step.kind === "drain") return await drainAll();
  const owner = await ownerIn(place, step.path);
  switch (step.kind) {
    case "write":
      return await writeAs(owner, step.path, step.text, step.mode);
    case "copy":
      return await copyAs(owner, step.from, step.path);
    case "keep":
      return await keep(step.path, step.kept, place);
    case "put back": {
      const content = await readAs(await ownerIn(place, step.kept), step.kept);
      return await writeAs(owner, step.path, content, await modeOf(step.kept));
    }
    case "remove":
    case "forget":
      return await removeAs(owner, step.path);
    case "make folder":
      return await makeFolderAs(owner, step.path, 0o755);
    case "remove folder":
      return await removeFolderAs(owner, step.path);
    case "list folders":
      await makeFolderAs(owner, place.kept, 0o700);
      return await writeAs(owner, step.path, step.folders.map((folder) => `${folder}\n`).join(""), 0o644);
    case "note":
      if (step.way === undefined) return await removeAs(owner, step.path);
      await makeFolderAs(owner, folderOf(step.path), 0o755);
      // Anybody may ask "tproxy check", whatever the umask of whoever runs this.
      return await writeAs(owner, step.path, `${step.way}\n`, 0o644);
  }
}

/** In a hypervisor's drivers' folder, and everywhere on a front-end, it is the owner of the drivers' folder; elsewhere root. */
async function ownerIn({ vnm, sudoers }: Place, path: string): Promise<Owner> {
  return sudoers === undefined || path.startsWith(`${vnm}/`) ? await ownerOf(vnm) : [];
}

async function keep(path: string, kept: string, place: Place): Promise<void> {
  const content = await readAs(await ownerIn(place, path), path).catch((cause) => {
    if (!(cause instanceof CommandError)) throw cause;
    throw new TproxyError(`the owner of ${place.vnm} may not read ${path}`, "move it away", { cause });
  });
  const owner = await ownerIn(place, kept);
  await makeFolderAs(owner, place.kept, 0o700);
  await writeAs(owner, kept, content, await modeOf(path));
}

async function modeOf(path: string): Promise<number> {
  return ((await Deno.stat(path)).mode ?? 0) & 0o777;
}

/** A program of ours has its own permissions so, and those of the driver's are none of Deno's. */
async function runStep(step: Step & { kind: "run" }): Promise<void> {
  const { program, args, isDrivers } = step;
  // Whoever owns the driver's program may put anything there. So root does not run it, and sudo's rules decide.
  const owner = isDrivers ? await ownerOf(program) : [];
  if (isDrivers && !await succeedsAs(owner, [SUDO, "-n", "-l", program, ...args])) {
    const line = `${commandOf(step)} was not run, since sudo does not let its owner run it`;
    return log.warning(`${line}; run it by hand if it is OpenNebula's own`);
  }
  try {
    await runAttached("setpriv", [...owner, "--", ...isDrivers ? [SUDO, "-n"] : [], program, ...args]);
  } catch (cause) {
    if (!(cause instanceof CommandError)) throw cause;
    if (step.remedy !== undefined) throw new TproxyError(`${commandOf(step)} failed`, step.remedy, { cause });
    log.warning(`${commandOf(step)} failed; see the line above`);
  }
}
