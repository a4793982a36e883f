/**
 * `deno task compile`: makes a stand-alone binary of each program, and the scripts that choose one by the verb, in
 * `.build/compiled/`. `deno task compile /var/lib/one-remotes` makes them for an OpenNebula that has its remotes there.
 *
 * @module
 */

import { bundle } from "./bundle.ts";
import { InputError, TproxyError } from "../lib/errors.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { CONFIG_BELOW, FORMER_REMOTES_FOLDER, REMOTES_FOLDER } from "../lib/paths.ts";
import { run } from "./command.ts";
import { binaryOf, compileArguments, ENTRYPOINTS } from "./binaries.ts";
import { renderCompiledLauncher } from "./launcher_script.ts";
import { write } from "./tree.ts";
import { withWorkFolder } from "./work_folder.ts";

async function main(): Promise<number> {
  const [folder = FORMER_REMOTES_FOLDER] = Deno.args;
  if (folder !== FORMER_REMOTES_FOLDER && folder !== REMOTES_FOLDER) {
    throw new InputError(
      `OpenNebula has no remotes in ${JSON.stringify(folder)}`,
      `name ${REMOTES_FOLDER} or ${FORMER_REMOTES_FOLDER}`,
    );
  }
  const config = `${folder}/${CONFIG_BELOW}`;
  await withWorkFolder("compiled", async (work) => {
    await bundle(ENTRYPOINTS, work);
    for (const entrypoint of ENTRYPOINTS) {
      const script = `${work}/${entrypoint}.js`;
      await compile(compileArguments(entrypoint, script, `${work}/${binaryOf(entrypoint)}`, config));
      await Deno.remove(script);
    }
    await write(`${work}/tproxy`, renderCompiledLauncher("tproxy", binaryOf), 0o755);
    await write(`${work}/tproxy-setup`, renderCompiledLauncher("setup", binaryOf), 0o755);
  });
  for (const name of ["tproxy", "tproxy-setup", ...ENTRYPOINTS.map(binaryOf)]) console.log(`.build/compiled/${name}`);
  return OK;
}

async function compile(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run([Deno.execPath(), ...args]);
  if (code === 0) return;
  // A list of causes follows the message, each with a number in front.
  const cause = /^\s+\d+: (.*denort.*)$/m.exec(stderr)?.[1];
  if (cause === undefined) throw new TproxyError(`Cannot compile: deno compile exited with ${code}: ${stderr}`);
  throw new TproxyError(
    `There is no denort, which binaries are made of: ${cause}`,
    `set DENORT_BIN to the one of Deno ${Deno.version.deno}, or run this where it can be downloaded`,
  );
}

Deno.exit(await exitCodeOf("compile", main));
