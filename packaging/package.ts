/**
 * `deno task package`: makes packages for Debian and for the Enterprise Linux family of the distribution that
 * `deno task dist` has made, in `.build/packages/`.
 *
 * @module
 */

import settings from "../deno.json" with { type: "json" };
import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { makeDeb } from "./package/deb.ts";
import { makeRpm } from "./package/rpm.ts";
import { makeFolder } from "./tree.ts";
import { ROOT, withWorkFolder } from "./work_folder.ts";

async function main(): Promise<number> {
  const { version } = settings;
  const tree = `${ROOT}.build/dist/one-tproxy-${version}-linux-x86_64`;
  const names = [`one-tproxy_${version}_amd64.deb`, `one-tproxy-${version}-1.x86_64.rpm`] as const;
  await withWorkFolder("packages", async (work) => {
    for (const folder of ["deb", "rpm"]) await makeFolder(`${work}/${folder}`);
    await Promise.all([
      makeDeb(tree, `${work}/deb`, version, `${work}/${names[0]}`),
      makeRpm(tree, `${work}/rpm`, version, `${work}/${names[1]}`),
    ]);
    for (const folder of ["deb", "rpm"]) await Deno.remove(`${work}/${folder}`, { recursive: true });
  });
  for (const name of names) console.log(`.build/packages/${name}`);
  return OK;
}

Deno.exit(await exitCodeOf("package", main));
