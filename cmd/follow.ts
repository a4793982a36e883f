/**
 * What `setup hook`, and `setup up` and `down` with `--now` do, in whichever program: they change the kernel's state of
 * bridges as `setup` does, and have the proxies follow as `tproxy start` does.
 *
 * @module
 */

import { control } from "./control.ts";
import { changeOneBridge } from "./one_bridge.ts";
import type { BridgeCommand, HookCommand } from "./plain_setup.ts";
import type { ConfigSource } from "../lib/config/noted.ts";
import { runHook } from "../lib/setup/hook.ts";

/**
 * Sets bridges up, or down, and has the proxies follow.
 *
 * @param command What is asked for.
 * @param source The configuration.
 * @returns How to exit.
 */
export async function setUpAndFollow(command: BridgeCommand | HookCommand, source: ConfigSource): Promise<number> {
  // The difference only: a proxy whose routes have not changed is left alone.
  const follow = () => control("start", source);
  if (command.verb === "hook") return await runHook(command.action, source, Deno.stdin.readable, follow);
  const exitCode = await changeOneBridge(command, source);
  await follow();
  return exitCode;
}
