/**
 * `deno task compile`: makes a stand-alone binary of each of the four programs, in `.build/compiled/`.
 *
 * @module
 */

import { bundle } from "./bundle.ts";
import { TproxyError } from "../lib/errors.ts";
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { run } from "./command.ts";
import { BINARIES, compileArguments } from "./binaries.ts";
import { withWorkFolder } from "./work_folder.ts";

async function main(): Promise<number> {
  await withWorkFolder("compiled", async (work) => {
    await bundle(Object.values(BINARIES), work);
    for (const [name, entrypoint] of Object.entries(BINARIES)) {
      const script = `${work}/${entrypoint}.js`;
      await compile(compileArguments(entrypoint, script, `${work}/${name}`));
      await Deno.remove(script);
    }
  });
  for (const name of Object.keys(BINARIES)) console.log(`.build/compiled/${name}`);
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
