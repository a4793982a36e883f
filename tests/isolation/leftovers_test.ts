/**
 * What a compromised proxy may leave for root to remove: endless folders, links, names that are no text.
 *
 * @module
 */

import assert from "node:assert/strict";
import { numberOf } from "../../lib/daemon/owner.ts";
import { innerOf, OUTER } from "../../lib/role.ts";
import { parseBridgeName } from "../../lib/names.ts";
import { STRINGS_DIR } from "../../lib/paths.ts";
import { asOuter, asUser } from "../lab/broken_out.ts";
import { until } from "../../packaging/command.ts";
import type { Hypervisor } from "../lab/hypervisor.ts";
import { ROOTLESS } from "../lab/rootless.ts";
import { assertServed, CONFIG, inLab, isServed, makeScenario, served } from "../lab/scenario.ts";

const BR0 = parseBridgeName("br0");
const RUN = "/run/one_tproxy";
const WRITTEN = `${RUN}/written-by-proxies`;

/** Makes folders in each other, more than a path can name; the last one has a link to the victim. */
const NEST = 'my($in,$n)=@ARGV; mkdir $in; chdir $in or die $!; for(1..$n){mkdir "x" or die $!; chdir "x" or die $!}' +
  'symlink "/run/victim","link" or die $!; open F,">file" or die $!';

/** Alternates a folder and a link to the victim's in one place, as fast as it can. */
const SWAP =
  'chdir $ARGV[0] or die $!; for(;;){mkdir "a"; mkdir "a/keep"; rename "a","b$$"; symlink "/run/victim","a";' +
  'unlink "a"; rmdir "b$$/keep"; rmdir "b$$"}';

/** Makes the victim, which root must not touch. */
async function makeVictim(hv: Hypervisor): Promise<() => Promise<void>> {
  await hv.host.text(["mkdir", "-p", "/run/victim/keep"]);
  const look = () => hv.host.text(["find", "/run/victim", "-printf", "%p %U %G %m\n"]);
  const before = await look();
  return async () => assert.equal(await look(), before);
}

/** All files except those of served bridges. */
async function leftovers(hv: Hypervisor): Promise<string> {
  return await hv.host.text(["find", RUN, "-mindepth", "1", "-maxdepth", "3", "-name", "[.bg]*"]);
}

Deno.test(
  "folders 30,000 deep of a former version's proxy stop neither start, stop nor watch, and are removed",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab);
    await hv.up("br0");
    const assertUntouched = await makeVictim(hv);
    // As in a former version: root's, open to the bridge's group, and all proxies ran as nobody.
    const litter = async () => {
      await hv.host.text([
        "sh",
        "-c",
        `mkdir ${RUN}/br0; chgrp ${numberOf(innerOf(BR0))} ${RUN}/br0; chmod 1770 ${RUN}/br0`,
      ]);
      const nest = ["perl", "-e", NEST, `${RUN}/br0/outer.socket`, "30000"];
      await hv.host.text(asUser(65534, numberOf(innerOf(BR0)), ...nest));
    };
    for (const verb of ["start", "stop"]) {
      await litter();
      const { stderr } = await hv.control(verb);
      assert.doesNotMatch(stderr, /warning|error/);
      assert.equal(await leftovers(hv), verb === "stop" ? "" : `${STRINGS_DIR}/br0\n`);
    }
    await litter();
    hv.startWatch();
    await hv.control("start");
    await assertServed(guest);
    await until("the watch has cleared it away", async () => await leftovers(hv) === `${STRINGS_DIR}/br0\n`);
    await assertUntouched();
  }),
);

Deno.test(
  "a folder that an inner has put in the place of its socket is moved away, and its guests are served again",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, `:tproxy_process_owner: daemon\n${CONFIG}`);
    await hv.bridge("br1");
    const other = await lab.guest("guest2", hv, "br1", "192.168.151.10");
    await hv.serve("br0", "br1");
    const assertUntouched = await makeVictim(hv);
    const uid = Number(await hv.host.text(["id", "-u", "daemon"]));
    const inner = (...argv: string[]) => hv.host.text(asUser(uid, numberOf(innerOf(BR0)), ...argv));
    await inner("rm", "-f", `${STRINGS_DIR}/br0/outer.socket`);
    await inner("perl", "-e", NEST, `${STRINGS_DIR}/br0/outer.socket`, "3000");
    const { stderr } = await hv.control("start");
    assert.equal(stderr.match(/^warning: Removing what is in the place of a socket/gm)?.length, 1);
    await until("its guests are served", () => isServed(guest));
    await assertServed(other);
    assert.equal(await leftovers(hv), `${STRINGS_DIR}/br1\n${STRINGS_DIR}/br0\n`);
    await assertUntouched();
  }),
);

Deno.test(
  "links and names that are no text lead root nowhere; what can't be removed is named, and stops nothing",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    const assertUntouched = await makeVictim(hv);
    const folder = `${STRINGS_DIR}/br1`;
    const script = 'chdir $ARGV[0]; symlink "/run/victim","link"; mkdir "a\\nb"; mkdir "\\xff"; mkdir "\\xff/\\xfe"; ' +
      'mkdir "x"; symlink "../..","x/up"; symlink "x","x/x"; chmod 0, "x"';
    await hv.host.text(asOuter("perl", "-e", script, folder));
    await hv.down("br1");
    const { stderr } = await hv.control("start");
    assert.match(stderr, new RegExp(`^warning: Removed only a part .*"rm -rf ${WRITTEN}/\\.discarded"$`, "m"));
    await assertServed(guest);
    assert.equal(await hv.host.text(["find", WRITTEN, "-type", "l"]), "");
    await hv.serve("br1");
    await assertUntouched();
    await hv.host.text(["rm", "-rf", `${WRITTEN}/.discarded`]);
    assert.doesNotMatch((await hv.control("start")).stderr, /warning/);
  }),
);

Deno.test(
  "a program that replaces folders by links while root removes them leads it nowhere",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const assertUntouched = await makeVictim(hv);
    for (let i = 0; i < 5; i++) {
      const folder = `${STRINGS_DIR}/gone${i}`;
      await hv.host.text(["install", "-d", "-o", `${numberOf(OUTER)}`, "-m", "711", folder]);
      const swaps = Array.from({ length: 2 }, () => hv.host.start(asOuter("perl", "-e", SWAP, folder)));
      await until("it swaps", async () => (await hv.host.text(["ls", folder])) !== "");
      await hv.control("start");
      await assertUntouched();
      for (const swap of swaps) swap.signal("SIGKILL");
    }
    await hv.control("start");
    assert.equal(await leftovers(hv), `${STRINGS_DIR}/br0\n`);
  }),
);
