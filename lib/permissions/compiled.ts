/**
 * What the compiled programs may do. A binary's permissions are fixed when it is made, before there is a bridge or a
 * service, so the daemons' are wider there than in the table of `lib/permissions/table.ts`; docs/security.md compares them.
 *
 * @module
 */

import type { Entrypoint } from "./table.ts";
import { DEFAULT_CONFIG_PATH, LOG_DIR, RUN_DIR } from "../names.ts";
import { OUTER } from "../role.ts";
import { type Permissions, setupPermissions, toFlags, tproxyPermissions } from "./table.ts";

/** Any address and any socket: Deno wants each socket by its whole path, and takes no folder. */
const ANY_NET = "--allow-net";

const NOTHING: Permissions = { net: [], read: [], write: [], run: [], env: [], sys: [] };

/** The flags of each program. */
const FLAGS: Readonly<Record<Entrypoint, readonly string[]>> = {
  setup: toFlags(setupPermissions(DEFAULT_CONFIG_PATH)),
  // It starts the daemons by their paths and reads none of them.
  tproxy: toFlags(tproxyPermissions(DEFAULT_CONFIG_PATH, { inner: "", outer: "" })),
  outer: [...toFlags({ ...NOTHING, read: [RUN_DIR], write: [RUN_DIR, OUTER.log] }), ANY_NET],
  inner: [...toFlags({ ...NOTHING, read: [RUN_DIR], write: [RUN_DIR, LOG_DIR] }), ANY_NET],
};

/**
 * Tells with which flags a program is compiled.
 *
 * @param entrypoint The program.
 * @returns Its permission flags.
 */
export function compiledFlags(entrypoint: Entrypoint): readonly string[] {
  return FLAGS[entrypoint];
}
