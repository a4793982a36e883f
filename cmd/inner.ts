/**
 * The inner proxy: `inner BRIDGE`. Started by `tproxy` inside the bridge's namespace; see `lib/proxy/inner.ts` for what
 * it does and `lib/daemon/permissions.ts` for what it may do.
 *
 * @module
 */

import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { parseBridgeName } from "../lib/names.ts";
import { runDaemon } from "../lib/proxy/daemon.ts";
import { Inner } from "../lib/proxy/inner.ts";

const work = async () => {
  await runDaemon(new Inner(parseBridgeName(Deno.args[0] ?? "")));
  return OK;
};
Deno.exit(await exitCodeOf("inner", work, Deno.stdout));
