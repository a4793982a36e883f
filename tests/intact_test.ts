/**
 * `setup up` where nothing in the configuration has changed: it changes nothing in nft that is as it should be, and repairs
 * what somebody has changed.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { REAL_NFT, wrapNft } from "./lab/nft_wrapper.ts";
import { inLab, makeHypervisor } from "./lab/scenario.ts";
import { numberless, rulesOf } from "./lab/state.ts";

/** Ways to change what `setup` has made in nft, each a script for `nft -f -`. */
const CHANGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["ch", "guard", "redirect", "sender", "port"].flatMap((chain) => [
    [`${chain}_br0 is empty`, `flush chain bridge one_tproxy ${chain}_br0`],
    [`${chain}_br0 has one more rule`, `insert rule bridge one_tproxy ${chain}_br0 accept`],
  ])),
  "a chain drops": "add chain bridge one_tproxy guard_br0 { policy drop ; }",
  "the map is empty": "flush map ip one_tproxy ep_br0",
  "the map has one more element": "add element ip one_tproxy ep_br0 { 99 : 10.0.0.1 . 99 }",
  "the map has an element that nobody can dial": "add element ip one_tproxy ep_br0 { 99 : 0.0.0.0 . 99 }",
  "the map leads elsewhere":
    "flush map ip one_tproxy ep_br0\nadd element ip one_tproxy ep_br0 { 5030 : 10.11.12.99 . 5030 }",
  "another port is redirected": "add element bridge one_tproxy redirected_br0 { 99 }",
  "no port is redirected": "flush set bridge one_tproxy redirected_br0",
  "the copy of the record is empty": "flush set bridge one_tproxy record_br0",
  "a shared set has one more element": "add element bridge one_tproxy guest_ethertypes { 8021q }",
  "a shared set is empty": "flush set bridge one_tproxy guest_kinds",
  "a set of a former version is there": "add set bridge one_tproxy senders_br0 { type ifname . ipv4_addr ; }",
};

/** A hypervisor on which some bridges are set up. */
async function withBridges(lab: Lab, count: number): Promise<Hypervisor> {
  const hv = await makeHypervisor(lab);
  for (let i = 1; i < count; i++) await hv.bridge(`br${i}`);
  for (let i = 0; i < count; i++) await hv.up(`br${i}`);
  return hv;
}

// Their rules are listed in different ways.
for (const count of [1, 14]) {
  Deno.test(
    `up among ${count} bridges repairs what somebody has changed in nft, whatever it is`,
    inLab(async (lab) => {
      const hv = await withBridges(lab, count);
      const whole = numberless([await rulesOf(hv.host)]);
      for (const [change, script] of Object.entries(CHANGES)) {
        await hv.host.text(["nft", "-f", "-"], `${script}\n`);
        assert.notDeepEqual(numberless([await rulesOf(hv.host)]), whole, change);
        await hv.up("br0");
        assert.deepEqual(numberless([await rulesOf(hv.host)]), whole, change);
      }
    }),
  );

  Deno.test(
    `up among ${count} bridges changes nothing that is as it should be, and lists no more than it needs`,
    inLab(async (lab) => {
      const hv = await withBridges(lab, count);
      // A rule that is made again has another handle.
      const whole = await hv.host.text(["nft", "-a", "list", "ruleset"]);
      await wrapNft(hv.host, `echo "$*" >>/run/nft-runs; exec ${REAL_NFT} "$@"`);
      await hv.up("br0");
      const runs = (await hv.host.text(["cat", "/run/nft-runs"])).trim().split("\n");
      assert.equal(runs.length, count === 1 ? 1 : 6, runs.join("\n"));
      if (count > 1) assert.ok(runs.every((run) => !/list (?:ruleset|table )/.test(run)), runs.join("\n"));
      assert.equal(await hv.host.text([REAL_NFT, "-a", "list", "ruleset"]), whole);
    }),
  );

  Deno.test(
    `up among ${count} bridges turns a table on again that somebody has turned off`,
    inLab(async (lab) => {
      const hv = await withBridges(lab, count);
      await hv.host.text(["nft", "add table bridge one_tproxy { flags dormant ; }"]);
      assert.match(await rulesOf(hv.host), /dormant/);
      await hv.up("br0");
      assert.doesNotMatch(await rulesOf(hv.host), /dormant/);
    }),
  );
}
