/**
 * The inner proxy: `inner BRIDGE [--take-over]`. Started by `tproxy` inside the bridge's namespace; see
 * `lib/proxy/inner.ts` for what it does and `lib/permissions/daemon_permissions.ts` for what it may do.
 *
 * @module
 */

import { exitCodeOf, OK } from "../lib/exit_code.ts";
import { parseBridgeName } from "../lib/names.ts";
import { TAKE_OVER } from "../lib/protocol/lifecycle.ts";
import { runDaemon } from "../lib/proxy/daemon.ts";
import { Inner } from "../lib/proxy/inner.ts";

const work = async () => {
  const [bridge = "", option] = Deno.args;
  await runDaemon(new Inner(parseBridgeName(bridge)), option === TAKE_OVER);
  return OK;
};
// It is not awaited: Deno frees the 2.4 MiB with which it has loaded a module only once the module is evaluated.
void exitCodeOf("inner", work, Deno.stdout).then(Deno.exit);
