/**
 * A script in place of nft, for what happens while our programs call it.
 *
 * @module
 */

import type { Host } from "./host.ts";

/** Where the real one is while it is wrapped. */
export const REAL_NFT = "/run/real-nft";

/** Puts a shell script in place of nft on a host; `"$@"` is what nft was asked for. */
export async function wrapNft(host: Host, script: string): Promise<void> {
  await host.text(["cp", "/usr/sbin/nft", REAL_NFT]);
  await host.write("/run/nft-wrapper", `#!/bin/sh\n${script}\n`);
  await host.text(["chmod", "755", "/run/nft-wrapper"]);
  await host.text(["mount", "--bind", "/run/nft-wrapper", "/usr/sbin/nft"]);
}

/** Puts the real nft back. A run that has begun goes on with the script. */
export async function unwrapNft(host: Host): Promise<void> {
  await host.text(["umount", "--lazy", "/usr/sbin/nft"]);
}
