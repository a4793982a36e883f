/**
 * What `setup up` and `setup down` do, in whichever program.
 *
 * @module
 */

import type { BridgeCommand } from "./plain_setup.ts";
import type { ConfigSource } from "../lib/config/noted.ts";
import { KEPT, OK } from "../lib/exit_code.ts";
import { down, up } from "../lib/setup/setup.ts";

/**
 * Sets one bridge up, or down.
 *
 * @param command Which bridge, and for which network.
 * @param source The configuration; only `up` reads it.
 * @returns How to exit.
 */
export async function changeOneBridge(
  command: BridgeCommand,
  source: ConfigSource,
): Promise<number> {
  if (command.verb === "up") {
    const kept = await up({ ...command, source });
    return kept.length === 0 ? OK : KEPT;
  }
  await down(command.bridge, command.network);
  return OK;
}
