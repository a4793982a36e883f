/**
 * Several virtual networks on one bridge, and what a bridge hands down to the veth pair.
 *
 * @module
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { parseBridgeName } from "../lib/names.ts";
import { parseMaps } from "../lib/nft/parse_state.ts";
import { inLab, makeHypervisor } from "./lab/scenario.ts";
import { NOTHING, stateOf } from "./lab/state.ts";

const CONFIG = `:tproxy:
- { ":service_port": 80, ":remote_addr": 10.0.0.1, ":remote_port": 80, ":networks": [7] }
- { ":service_port": 81, ":remote_addr": 10.0.0.1, ":remote_port": 81, ":networks": [7] }
- { ":service_port": 81, ":remote_addr": 10.0.0.2, ":remote_port": 81, ":networks": [12] }
- { ":service_port": 82, ":remote_addr": 10.0.0.2, ":remote_port": 82, ":networks": ["12"] }
`;

Deno.test(
  "two networks on one bridge share it, the first wins a clash, and each takes only its own away",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab, CONFIG);
    await hv.up("br0", "a", "7");
    const { stderr } = await hv.up("br0", "b", "12");
    assert.match(
      stderr,
      /Another network of the bridge has this port for another service, or with other options .*port=81, remote=10\.0\.0\.2:81/,
    );
    assert.equal(await hv.elements(), "80 : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81, 82 : 10.0.0.2 . 82");
    const down = (...which: string[]) => hv.setup("down", "--bridge", "br0", ...which);
    assert.equal((await down("--network-id", "7")).code, 0);
    assert.equal(await hv.elements(), "81 : 10.0.0.2 . 81, 82 : 10.0.0.2 . 82");
    assert.equal((await down("--network-id", "7")).code, 0);
    assert.equal(await hv.elements(), "81 : 10.0.0.2 . 81, 82 : 10.0.0.2 . 82");
    assert.equal((await down("--network", "b", "--network-id", "12")).code, 0);
    assert.deepEqual(await stateOf(hv), NOTHING);
    // What is noted of a configuration that is old enough stays.
    const left = (await hv.host.text(["ls", "--ignore=configuration-as-read.json", "/run/one_tproxy"])).trim();
    assert.equal(left, "kernel-state.lock");
  }),
);

Deno.test(
  "what nft lists is what was configured",
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.bridge("br0");
    const port = fc.integer({ min: 1, max: 65535 });
    const remoteAddr = fc.tuple(fc.integer({ min: 1, max: 223 }), fc.nat(255), fc.nat(255), fc.nat(255))
      .map((bytes) => bytes.join(".")).filter((address) => address !== "169.254.16.9");
    const endpoint = fc.record({ servicePort: port, remoteAddr, remotePort: port }, { noNullPrototype: true });
    const endpoints = fc.uniqueArray(endpoint, {
      selector: ({ servicePort }) => servicePort,
      minLength: 1,
      maxLength: 300,
    });
    await fc.assert(
      fc.asyncProperty(endpoints, async (endpoints) => {
        const entries = endpoints.map(({ servicePort, remoteAddr, remotePort }) =>
          `- {":service_port": ${servicePort}, ":remote_addr": ${remoteAddr}, ":remote_port": ${remotePort}}\n`
        );
        await hv.configure(`:tproxy:\n${entries.join("")}`);
        await hv.up("br0");
        const { bridges, warnings } = parseMaps(await hv.host.text(["nft", "-j", "list", "maps", "ip"]));
        assert.deepEqual(warnings, []);
        assert.deepEqual(
          bridges.get(parseBridgeName("br0")),
          endpoints.toSorted((a, b) => a.servicePort - b.servicePort),
        );
      }),
      { numRuns: 10 },
    );
  }),
);

Deno.test(
  "down without a network takes all of them",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab, CONFIG);
    await hv.up("br0", "a", "7");
    await hv.up("br0", "b", "12");
    await hv.down("br0");
    assert.deepEqual(await stateOf(hv), NOTHING);
    await hv.up("br0", "b", "12");
    assert.equal(await hv.elements(), "81 : 10.0.0.2 . 81, 82 : 10.0.0.2 . 82");
  }),
);

Deno.test(
  "a run that the kernel refuses leaves the record as it was",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab, CONFIG);
    await hv.up("br0", "a", "7");
    await hv.host.text(["mount", "--bind", "/usr/bin/false", "/usr/sbin/nft"]);
    assert.equal((await hv.setup("up", "--bridge", "br0", "--network-id", "12")).code, 1);
    await hv.host.text(["umount", "/usr/sbin/nft"]);
    await hv.up("br0", "a", "7");
    assert.equal(await hv.elements(), "80 : 10.0.0.1 . 80, 81 : 10.0.0.1 . 81");
  }),
);

Deno.test(
  "both veth ends have the bridge's MTU, and the inner one an address that is the same on every hypervisor",
  inLab(async (lab) => {
    const macs: string[] = [];
    for (const n of [1, 2]) {
      const hv = await lab.hypervisor(`hv${n}`, `10.11.12.${n}`);
      await hv.configure(CONFIG);
      await hv.bridge("br0");
      await hv.host.ip("link set dev br0 mtu 1400");
      await hv.up("br0", "a", "7");
      await hv.host.ip("link set dev br0 mtu 1300");
      await hv.up("br0", "a", "7");
      const show = async (...where: string[]) => JSON.parse(await hv.host.text(["ip", ...where]))[0];
      const inside = await show("-n", "one_tproxy_br0", "-j", "link", "show", "dev", "br0a");
      assert.equal(inside.mtu, 1300);
      assert.equal((await show("-j", "link", "show", "dev", "br0b")).mtu, 1300);
      macs.push(inside.address);
    }
    assert.equal(macs[0], macs[1]);
  }),
);

Deno.test(
  "the bridge keeps its own MAC address when the proxy joins it",
  inLab(async (lab) => {
    const hv = await makeHypervisor(lab, CONFIG);
    await lab.guest("guest1", hv, "br0", "192.168.150.10");
    // As a guest's tap device has it. The kernel gives a bridge the lowest address of its ports, and a port a random
    // one.
    await hv.host.ip("link set dev one-0-0 address fe:00:c0:a8:96:0a");
    const address = async () => JSON.parse(await hv.host.text(["ip", "-j", "link", "show", "dev", "br0"]))[0].address;
    const before = await address();
    await hv.up("br0", "a", "7");
    assert.equal(await address(), before);
    await hv.down("br0");
    assert.equal(await address(), before);
  }),
);
