/**
 * `deno task sign --key FILE`: signs the archives and packages that `deno task dist` and `deno task package` have made.
 * The signature of a file is beside it, with `.sig` after its name.
 *
 * They are OpenSSH's: OpenNebula drives a hypervisor by ssh, so whoever installs one has what checks them.
 *
 * @module
 */

import { resolve } from "node:path";
import { InputError, TproxyError } from "../lib/errors.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { ARCHITECTURES } from "./architecture.ts";
import { run } from "./command.ts";
import { ROOT } from "./work_folder.ts";

/** A signature holds only for the purpose that it was made for. */
const PURPOSE = "one-tproxy";

/** What is signed. */
const RELEASED = /^one-tproxy.*\.(?:tar\.gz|deb|rpm)$/;

async function main(): Promise<number> {
  const [option, file, ...more] = Deno.args;
  if (option !== "--key" || file === undefined || more.length > 0) {
    throw new InputError("No key is named", 'run "deno task sign --key FILE"; FILE is a key of ssh-keygen');
  }
  // "deno task" runs this in the folder of deno.json, and names in INIT_CWD the folder in which it was called.
  const key = resolve(Deno.env.get("INIT_CWD") ?? ".", file);
  const released: string[] = [];
  for (const { suffix } of ARCHITECTURES) {
    for (const folder of ["dist", "packages"]) released.push(...await findReleased(folder + suffix));
  }
  if (released.length === 0) throw new InputError("There is nothing to sign", 'run "deno task package" first');
  for (const path of released) console.log(await sign(path, key));
  return OK;
}

async function findReleased(folder: string): Promise<string[]> {
  try {
    const names = await Array.fromAsync(Deno.readDir(`${ROOT}.build/${folder}`), ({ name }) => name);
    return names.filter((name) => RELEASED.test(name)).toSorted().map((name) => `.build/${folder}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Signs a file, and returns the signature's path. */
async function sign(path: string, key: string): Promise<string> {
  const signature = `${path}.sig`;
  // ssh-keygen would ask whether to overwrite it.
  await Deno.remove(`${ROOT}${signature}`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const { code, stderr } = await run(["/usr/bin/ssh-keygen", "-Y", "sign", "-f", key, "-n", PURPOSE, ROOT + path]);
  if (code !== 0) throw new TproxyError(`Cannot sign ${path} with ${key}: ${stderr.trim()}`);
  return signature;
}

Deno.exit(await exitCodeOf("sign", main));
