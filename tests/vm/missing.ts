/**
 * Whether this machine lets a test have virtual machines.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";
import { ROOTLESS } from "../lab/rootless.ts";

/** `true` if it does not: it has no tap devices, or, without root, no user but one to install anything as. */
export const NO_VM: boolean = ROOTLESS || (await run(["/usr/bin/unshare", "test", "-w", "/dev/net/tun"])).code !== 0;
if (NO_VM) console.log("There are no virtual machines here: that takes root, and /dev/net/tun");
