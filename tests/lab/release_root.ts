/**
 * Running the lab on another release of Debian: its programs on this machine's kernel.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";
import { BASE, makeRoot, MOUNT, PACKAGES, PIVOT } from "./system_root.ts";
import { TEST_TOOLS } from "./tools.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Goes into a root made of the release; `sh ROOT BASE CHECKOUT CACHE RUNTIME PROGRAM…`. */
const ENTER = `${MOUNT}
for path in "$2" "$3"; do mkdir -p ".$path"; mount --rbind "$path" ".$path"; done
mkdir -p ".\${4%/*}"; touch ".$4"; mount --bind "$4" ".$4"
# The hosts that get a system of their own get one of this release, too.
[ ! -d ".$1" ] || mount --bind "$lower" ".$1"
${PIVOT}
cd "$2"; shift 4; exec "$@"`;

/**
 * Makes the root of a release, once for each checkout; needs the network.
 *
 * @param release The release's code name, for example `trixie`.
 * @returns The beginning of a command line that runs what follows in it, once there is a mount namespace.
 * @throws {Error} If it is no code name, or mmdebstrap can't make the root.
 */
export async function prepareRelease(release = ""): Promise<string[]> {
  if (!/^[a-z]{2,20}$/.test(release)) throw new Error('name a release of Debian, for example "trixie"');
  const root = `${ROOT}.build/release-${release}`;
  await makeRoot(root, release, [...new Set([...Object.values(TEST_TOOLS), ...PACKAGES])]);
  const { stdout } = await run([Deno.execPath(), "info", "--json"]);
  const { denoDir } = JSON.parse(stdout);
  return ["/bin/sh", "-e", "-c", ENTER, "sh", root, BASE, ROOT, denoDir, Deno.execPath()];
}
