/**
 * Limits and options on their way from the configuration through the kernel.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { EndpointOptions } from "../lib/limits.ts";
import { parseMaps } from "../lib/nft/parse_state.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { CONFIG, inLab } from "./lab/scenario.ts";

/** An entry at port 1234 with these options. */
function entry(options: string): string {
  return `- {':service_port': 1234, ':remote_addr': 10.11.12.34, ':remote_port': 1234${options}}\n`;
}

/** What the kernel has of the options of port 1234. */
async function optionsOf(hv: Hypervisor): Promise<EndpointOptions | undefined> {
  const { bridges, warnings } = parseMaps(await hv.host.text(["nft", "-j", "list", "maps", "ip"]));
  assert.deepEqual(warnings, []);
  return [...bridges.values()].flat().find(({ servicePort }) => servicePort === 1234)?.options;
}

Deno.test(
  "an entry's options are in the kernel after up, and follow the configuration at the next one",
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.bridge("br0");
    const largest = ", ':max_connections': 1000000, ':max_connections_per_guest': 1000000, ':connect_timeout': 86400" +
      ", ':idle_timeout': 86400, ':proxy_protocol': v2";
    const cases: [string, EndpointOptions | undefined][] = [
      [largest, {
        maxConnections: 1_000_000,
        maxConnectionsPerGuest: 1_000_000,
        connectTimeoutMs: 86_400_000,
        idleTimeoutMs: 86_400_000,
        proxyProtocol: "v2",
      }],
      [", ':idle_timeout': 60", { idleTimeoutMs: 60_000 }],
      ["", undefined],
    ];
    for (const [text, options] of cases) {
      await hv.configure(CONFIG + entry(text));
      for (let run = 0; run < 2; run++) {
        await hv.up("br0");
        assert.deepEqual(await optionsOf(hv), options, text);
      }
    }
  }),
);
