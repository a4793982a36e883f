/**
 * `tproxy apply`: a change of the configuration reaches guests that run.
 *
 * @module
 */

import assert from "node:assert/strict";
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import { driverUp } from "./lab/driver.ts";
import {
  assertServed,
  CONFIG,
  fetchFrom,
  GATE,
  inLab,
  isRefused,
  isServed,
  makeScenario,
  served,
} from "./lab/scenario.ts";
import { numberless, stateOf } from "./lab/state.ts";
import { base64 } from "./lab/vm.ts";

/** A second service, for one network, at another port. */
const second = (network: string, port = 81) =>
  `- :service_port: ${port}
  :remote_addr: ${GATE}
  :remote_port: 5030
  :networks: [${network}]
`;

Deno.test(
  "apply shows what changes, gives it to a running guest, and cuts no stream",
  inLab(async (lab) => {
    const { hv, guest, gate } = await served(lab, CONFIG + second("7", 82));
    await gate.text(["dd", "if=/dev/urandom", "of=/run/nginx-5030/files/known", "bs=1M", "count=4", "status=none"]);
    const sum = (await gate.text(["sha256sum", "/run/nginx-5030/files/known"])).slice(0, 64);
    const get = "curl -sS --fail --limit-rate 400k http://169.254.16.9:82/files/known | sha256sum";
    const stream = guest.start(["sh", "-c", get]);
    await hv.configure(CONFIG + second("7"));
    const before = numberless(await stateOf(hv));
    const dry = await hv.tproxy("apply", "--dry-run");
    assert.equal(
      dry.stdout,
      `   bridge  network           service port  remote
+  br0     ID 7, name vnet0  81            10.11.12.13:5030
-  br0     ID 7, name vnet0  82            10.11.12.13:5030

nothing was changed
`,
    );
    assert.equal(dry.code, 0, dry.stderr);
    assert.deepEqual(numberless(await stateOf(hv)), before);
    const { code, stdout, stderr } = await hv.tproxy("apply");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^\+ {2}br0 .* 81 .*\n-.* 82 [^]*\nserved now:\n.*\nbr0 .* 81 +\S+\nbr0 .* 5030 +\S+\n$/m);
    await assertServed(guest, 81);
    await assertServed(guest);
    assert.ok(await isRefused(guest, 82));
    assert.equal(await stream.ended(), 0, stream.output);
    assert.equal(stream.output, `${sum}  -\n`);
    const again = await hv.tproxy("apply");
    assert.match(again.stdout, /^nothing changes\n/);
  }),
);

Deno.test(
  "apply wants --yes where more than half of all services would go, and changes nothing without",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG + second("7"));
    await hv.configure(":tproxy: []\n");
    const { code, stdout, stderr } = await hv.tproxy("apply");
    assert.equal(code, 6);
    assert.equal(
      stderr,
      'tproxy: error: 2 of 2 services would go, so nothing was changed; if that is meant, run "tproxy apply --yes"\n',
    );
    assert.match(stdout, /nothing was changed\n$/);
    await assertServed(guest, 81);
    const meant = await hv.tproxy("apply", "--yes");
    assert.equal(meant.code, 0, meant.stderr);
    assert.equal(await isServed(guest), false);
    assert.equal((await hv.status()).size, 0);
    // The network is known still, so the guest gets what comes.
    await hv.configure(CONFIG);
    assert.equal((await hv.tproxy("apply")).code, 0);
    await assertServed(guest);
  }),
);

Deno.test(
  "apply reaches a network that had no service when its VM started",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, `:tproxy:\n${second("8")}`);
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /No service is configured for this network/);
    assert.match((await hv.setup("list")).stdout, /^br0 +setup +ID 7, name vnet0 +none$/m);
    await hv.configure(CONFIG);
    assert.equal((await hv.tproxy("apply")).code, 0);
    await assertServed(guest);
  }),
);

for (const [what, file] of [["could not be read", ":tproxy: ["], ["had nothing of ours", ":vxlan_id: 2\n"]] as const) {
  Deno.test(
    `apply reaches a network whose VM was started by a hook when the file ${what}`,
    inLab(async (lab) => {
      const { hv, guest } = await makeScenario(lab, file);
      const hook = await hv.hook(["pre"], base64(sample));
      assert.equal(hook.code, 0, hook.stderr);
      await hv.configure(CONFIG);
      const { code, stderr } = await hv.tproxy("apply");
      assert.equal(code, 0, stderr);
      await assertServed(guest);
    }),
  );
}

Deno.test(
  "apply goes on with other bridges where one can't follow, and that one stays as it was",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab, CONFIG, ["br0", "br1"]);
    await hv.host.ip("link delete dev br1b", "link add name br1b type bridge");
    await hv.configure(CONFIG + second("7"));
    const { code, stderr, stdout } = await hv.tproxy("apply", "--json");
    assert.equal(code, 1);
    assert.match(stderr, /^error: Cannot apply the configuration to a bridge; it stays as it was \(bridge=br1, /m);
    await assertServed(guest, 81);
    const { applied, failures, served: bridges } = JSON.parse(stdout);
    assert.deepEqual([applied, Object.keys(failures)], [true, ["br1"]]);
    const ports = bridges.map((bridge: { networks: { endpoints: { servicePort: number }[] }[] }) =>
      bridge.networks.flatMap(({ endpoints }) => endpoints.map(({ servicePort }) => servicePort))
    );
    assert.deepEqual(ports, [[81, 5030], [5030]]);
  }),
);

Deno.test(
  "apply leaves what the driver made, a bridge that has gone, and a service whose entry can't be used, and says so",
  inLab(async (lab) => {
    const { hv } = await makeScenario(lab, CONFIG + second("7"));
    for (const bridge of ["br1", "br2"]) {
      await hv.bridge(bridge);
      await hv.up(bridge);
    }
    await driverUp(hv, 5030);
    await hv.host.ip("link delete dev br2");
    await hv.configure(CONFIG + second("7").replace("5030", "503O"));
    const { code, stdout, stderr } = await hv.tproxy("apply", "--dry-run");
    assert.equal(code, 5, stderr);
    assert.equal(stdout, "nothing changes\n");
    assert.match(
      stderr,
      /^81 of br1 \(ID 7, name vnet0\) stays 10\.11\.12\.13:5030: its entry at \S+:6 can't be used$/m,
    );
    assert.match(stderr, /^br2 is not there now: it gets its services when it comes back$/m);
    assert.match(
      stderr,
      /^br0: apply leaves 5030 as it is, since nobody has said whose it is; run "tproxy-setup up --bridge br0 /m,
    );
    assert.match((await hv.setup("list")).stderr, /^br0: apply leaves 5030 as it is/m);
  }),
);

Deno.test(
  "apply takes a service whose name has several addresses for what it is, whichever comes first",
  inLab(async (lab) => {
    const { hv, guest } = await makeScenario(lab, CONFIG.replace(GATE, "gate.example"));
    await hv.host.write("/run/hosts", `${GATE} gate.example\n`);
    await hv.host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
    await hv.serve("br0");
    // Nearer to the hypervisor's own address, so the resolver has it first (RFC 6724, rule 9).
    await hv.host.write("/run/hosts", `10.11.12.2 gate.example\n${GATE} gate.example\n`);
    assert.match((await hv.tproxy("apply")).stdout, /^nothing changes\n/);
    assert.equal(await fetchFrom(guest, "/who"), "gate 10.11.12.1\n");
  }),
);
