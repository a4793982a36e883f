/**
 * `deno task package`: makes packages for Debian and for the Enterprise Linux family of the distribution that
 * `deno task dist` has made, in `.build/packages/`; `deno task package:aarch64`: the same for aarch64, in
 * `.build/packages-aarch64/`.
 *
 * @module
 */

import settings from "../deno.json" with { type: "json" };
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { architectureOf, distributionOf } from "./architecture.ts";
import { makeDeb } from "./package/deb.ts";
import { makeRpm } from "./package/rpm.ts";
import { makeFolder } from "./tree.ts";
import { ROOT, withWorkFolder } from "./work_folder.ts";

async function main(): Promise<number> {
  const { version } = settings;
  const architecture = architectureOf(Deno.args);
  const { name, debian, suffix } = architecture;
  const made = { tree: `${ROOT}.build/dist${suffix}/${distributionOf(version, architecture)}`, version, architecture };
  const names = [`one-tproxy_${version}_${debian}.deb`, `one-tproxy-${version}-1.${name}.rpm`] as const;
  await withWorkFolder(`packages${suffix}`, async (work) => {
    for (const folder of ["deb", "rpm"]) await makeFolder(`${work}/${folder}`);
    await Promise.all([
      makeDeb(made, `${work}/deb`, `${work}/${names[0]}`),
      makeRpm(made, `${work}/rpm`, `${work}/${names[1]}`),
    ]);
    for (const folder of ["deb", "rpm"]) await Deno.remove(`${work}/${folder}`, { recursive: true });
  });
  for (const file of names) console.log(`.build/packages${suffix}/${file}`);
  return OK;
}

Deno.exit(await exitCodeOf("package", main));
