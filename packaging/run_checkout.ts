/**
 * `run_checkout setup|tproxy [ARGS…]`: runs an entrypoint of this checkout with exactly its permissions. A task in deno.json could not
 * name these, since some depend on the arguments and on where the runtime is. In a distribution, shell scripts do the same
 * (`packaging/launcher_script.ts`).
 *
 * @module
 */

import { configOf, withAbsoluteConfig } from "./config_option.ts";
import { bundleDaemons } from "./bundle.ts";
import { type Permissions, setupPermissions, toFlags, tproxyPermissions } from "../lib/permissions/table.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { InputError } from "../lib/errors.ts";
import { exitCodeOf } from "../lib/exit_code.ts";
import { runDeno } from "./command.ts";

async function main(): Promise<number> {
  const [entrypoint, ...typed] = Deno.args;
  // "deno task" runs this in the folder of deno.json, and names in INIT_CWD the folder in which it was called.
  const args = withAbsoluteConfig(typed, Deno.env.get("INIT_CWD"));
  switch (entrypoint) {
    case "setup":
      return await run("setup", setupPermissions(configOf(args)), args);
    case "tproxy":
      // Whoever is not root starts no proxies, and may not be able to write here.
      if (Deno.uid() === 0) await bundleDaemons();
      return await run("tproxy", tproxyPermissions(configOf(args), checkout().reads), args);
    default:
      throw new InputError(`There is no entrypoint ${JSON.stringify(entrypoint ?? "")}`, 'name "setup" or "tproxy"');
  }
}

function run(entrypoint: string, permissions: Permissions, args: readonly string[]): Promise<number> {
  const program = decodeURIComponent(new URL(`../cmd/${entrypoint}.ts`, import.meta.url).pathname);
  return runDeno(["run", "--quiet", "--frozen", ...toFlags(permissions), program, ...args]);
}

Deno.exit(await exitCodeOf("run_checkout", main));
