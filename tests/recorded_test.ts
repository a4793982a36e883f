/**
 * Applying the configuration to what is recorded, and listing that.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { inLab } from "./lab/scenario.ts";

const entry = (port: number, host: number, network: number) =>
  `- :service_port: ${port}
  :remote_addr: 10.0.0.${host}
  :remote_port: ${port}
  :networks: [${network}]
`;

async function hypervisor(lab: Lab): Promise<Hypervisor> {
  const hv = await lab.hypervisor("hv1", "10.11.12.1");
  await hv.configure(`:tproxy:\n${entry(80, 1, 7)}${entry(81, 2, 12)}`);
  for (const bridge of ["br0", "br1"]) await hv.bridge(bridge);
  await hv.up("br0", "a", "7");
  await hv.up("br0", "b", "12");
  await hv.up("br1", "a", "7");
  return hv;
}

Deno.test(
  "up without a network applies the configuration again for every network that is recorded on the bridge",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.configure(`:tproxy:\n${entry(80, 8, 7)}${entry(81, 9, 12)}${entry(82, 9, 12)}`);
    const { code, stderr } = await hv.setup("up", "--bridge", "br0");
    assert.equal(code, 0, stderr);
    assert.equal(await hv.elements(), "80 : 10.0.0.8 . 80, 81 : 10.0.0.9 . 81, 82 : 10.0.0.9 . 82");
    assert.equal(await hv.elements("br1"), "80 : 10.0.0.1 . 80");
    // And puts back what is gone of the bridge.
    await hv.host.text(["ip", "netns", "delete", "one_tproxy_br0"]);
    assert.equal((await hv.setup("up", "--bridge", "br0")).code, 0);
    assert.match(await hv.host.text(["ip", "netns", "list"]), /one_tproxy_br0/);
  }),
);

Deno.test(
  "up without a network says once what is wrong, keeps what is in doubt, and takes away what is gone",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.configure(`:tproxy:\n${entry(81, 2, 12).replace("port: 81\n  :net", "port: x\n  :net")}`);
    const { code, stderr } = await hv.setup("up", "--bridge", "br0");
    assert.equal(code, 5, stderr);
    assert.equal(stderr.match(/:remote_port: is x/g)?.length, 1, stderr);
    assert.match(stderr, /^warning: A service stays as it was, .+ port=81, remote=10\.0\.0\.2:81,/m);
    assert.equal(await hv.elements(), "81 : 10.0.0.2 . 81");
  }),
);

Deno.test(
  "list shows bridges with networks and endpoints, and who made them, as a table and as JSON",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.host.text([
      "nft",
      "add map ip one_tproxy ep_br2 { type inet_service : ipv4_addr . inet_service ; }; " +
      "add element ip one_tproxy ep_br2 { 5030 : 10.11.12.13 . 5030 }",
    ]);
    assert.deepEqual(await hv.setup("list"), {
      code: 0,
      stdout: `bridge  made by  network        service port  remote
br0     setup    ID 7, name a   80            10.0.0.1:80
br0     setup    ID 12, name b  81            10.0.0.2:81
br1     setup    ID 7, name a   80            10.0.0.1:80
br2     driver   unknown        5030          10.11.12.13:5030
`,
      stderr: "br2: apply leaves 5030 as it is, since nobody has said whose it is; " +
        'run "tproxy-setup up --bridge br2 --network NAME --network-id ID" for the network\n',
    });
    const [br0, , br2] = JSON.parse((await hv.setup("list", "--json")).stdout);
    assert.deepEqual([br0.bridge, br0.madeBy, br0.networks[1]], ["br0", "setup", {
      network: { id: "12", name: "b" },
      endpoints: [{ servicePort: 81, remoteAddr: "10.0.0.2", remotePort: 81 }],
    }]);
    assert.deepEqual([br2.madeBy, br2.networks[0].network], ["driver", null]);
    await hv.host.text(["nft", "flush", "ruleset"]);
    await hv.host.text(["rm", "/run/one_tproxy/setup-record.json"]);
    assert.equal((await hv.setup("list")).stdout, "no bridge has endpoints\n");
    assert.equal((await hv.setup("list", "--json")).stdout, "[]\n");
  }),
);
