/**
 * `setup release`: the way back to OpenNebula's own network driver, with live guests on the bridges.
 *
 * @module
 */

import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { listState, releaseRules } from "../nft/nft.ts";
import { removeIfThere } from "../run_dir.ts";
import { recoverRecord, writeRecord } from "./setup_record_file.ts";
import { withSetupLock } from "./change_bridge.ts";
import { forgetVlans } from "../netns/vlan_record.ts";

/**
 * Leaves every bridge to OpenNebula's own network driver. Maps, `ch_<br>`, namespaces and veth pairs stay, so that the
 * driver's proxies can serve the guests. The driver removes them when the last guest leaves. Everything that the driver
 * does not know is removed, from nft and from the record. A second call changes nothing.
 *
 * @throws {import("../run_command.ts").CommandError} If nft fails; then nothing has changed.
 * @throws {Deno.errors.NotCapable} Without the permissions of `setup` in `lib/permissions/command_permissions.ts`.
 */
export async function release(): Promise<void> {
  await withSetupLock(async () => {
    const record = await recoverRecord(listState);
    const released = new Set([...await releaseRules(), ...record.keys()]);
    writeRecord(record, new Map([...released].map((bridge) => [bridge, []])));
    for (const bridge of released) forgetVlans(bridge);
    // The hooks tell of no VM any more, and its address may be another one's soon.
    removeIfThere(RUN_FILES.vmAddresses);
    for (const bridge of released) log.info("The bridge is left to OpenNebula's own driver", { bridge });
  });
}
