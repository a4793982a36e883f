/**
 * Host names in the configuration: followed when their address changes, and refused where they lead to this host alone.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { startNginx } from "./lab/nginx.ts";
import { REAL_NFT, wrapNft } from "./lab/nft_wrapper.ts";
import { assertServed, CONFIG, fetchFrom, inLab, makeScenario, type Scenario } from "./lab/scenario.ts";

const NAMED = CONFIG.replace("10.11.12.13", "gate.example");

/** The same service at another port, by another name. */
const ALSO = "- :service_port: 81\n  :remote_addr: gone.example\n  :remote_port: 5030\n";

/** The usual scenario, in which the service has a name. */
async function named(lab: Lab, config = NAMED): Promise<Scenario> {
  const scenario = await makeScenario(lab, config);
  const { host } = scenario.hv;
  await host.write("/run/hosts", "10.11.12.13 gate.example\n10.11.12.13 gone.example\n");
  await host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
  await scenario.hv.up("br0");
  return scenario;
}

function resolve({ host }: Hypervisor, ...addresses: string[]): Promise<void> {
  return host.write("/run/hosts", addresses.map((address) => `${address} gate.example\n`).join(""));
}

Deno.test(
  "a name's new address is followed, and is not lost when nft fails at that moment",
  inLab(async (lab) => {
    const { hv, guest } = await named(lab);
    const other = await lab.service("other", "10.11.12.34");
    await startNginx(other, "10.11.12.34", 5030);
    const watch = hv.startWatch();
    await until("the proxies run", async () => (await hv.status()).size === 2, 30);
    await hv.host.write("/run/fails", "");
    // Only commands that change the map.
    await wrapNft(
      hv.host,
      `case "$*" in -f*) script=$(cat)
         case $script in *10.11.12.34*) if test -e /run/fails; then echo refused >&2; exit 1; fi ;; esac
         printf '%s\\n' "$script" | ${REAL_NFT} "$@"; exit ;;
       esac
       exec ${REAL_NFT} "$@"`,
    );
    await resolve(hv, "10.11.12.34");
    // Names are looked up every 30 seconds.
    await until("it fails", () => Promise.resolve(watch.output.includes("Cannot follow a name; trying again")), 90);
    assert.match(watch.output, /A name has another address; following it .*gate\.example/);
    await assertServed(guest);
    await hv.host.text(["rm", "/run/fails"]);
    await until("the other one answers", async () => {
      const { stdout } = await guest.run(["curl", "-s", "--max-time", "1", "http://169.254.16.9:5030/who"]);
      return stdout === "other 10.11.12.1\n";
    }, 90);
  }),
);

Deno.test(
  "a name that is gone, or comes to lead to this host alone, keeps its last address; setup does not take the latter",
  inLab(async (lab) => {
    const { hv, guest } = await named(lab, NAMED + ALSO);
    // A program that listens there expects only clients of this host.
    await startNginx(hv.host, "127.0.0.1", 5030);
    const watch = hv.startWatch();
    await until("the proxies run", async () => (await hv.status()).size === 2, 30);
    await resolve(hv, "127.0.0.1");
    const told = "A name leads to 127.0.0.0/8 or 169.254.0.0/16, or nowhere; its last address stays";
    await until("the watch says so", () => Promise.resolve(watch.output.includes(told)), 90);
    const failed = /Cannot look up a name; its last address stays .*gone\.example/;
    await until("the watch names the other, too", () => Promise.resolve(failed.test(watch.output)));
    for (const port of [5030, 81]) await assertServed(guest, port);
    const up = () => hv.setup("up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7");
    for (const address of ["127.0.0.1", "127.0.1.1", "169.254.169.254"]) {
      await resolve(hv, address);
      const { stderr } = await up();
      const refused =
        `:remote_addr: is gate.example (${address}); expected a name that does not lead to 127.0.0.0/8 or`;
      assert.ok(stderr.includes(refused), stderr);
      assert.match(stderr, /for a service on this host write its address, 127\.0\.0\.1 or localhost, or correct/);
      assert.equal((await hv.tproxy("check")).code, 1);
    }
    await hv.control("reload");
    await assertServed(guest, 5030, "the service stays as it was");
    await hv.down("br0");
    await up();
    assert.equal(
      (await hv.host.run(["nft", "list", "map", "ip", "one_tproxy", "ep_br0"])).code,
      1,
      "nothing is served",
    );
  }),
);

Deno.test(
  "all-in-one: a name that leads to the hypervisor's own address, localhost and 127.0.0.1 are served",
  inLab(async (lab) => {
    const { hv, guest } = await named(lab);
    await startNginx(hv.host, "10.11.12.1", 5030);
    await startNginx(hv.host, "127.0.0.1", 5031);
    // As Debian has it, beside the address that the name server or the administrator gives.
    await hv.host.write("/run/hosts", "127.0.1.1 gate.example\n10.11.12.1 gate.example\n127.0.0.1 localhost\n");
    const entry = (port: number, remote: string, at: number) =>
      `- :service_port: ${port}\n  :remote_addr: ${remote}\n  :remote_port: ${at}\n`;
    await hv.configure(
      `:tproxy:\n${entry(80, "gate.example", 5030)}${entry(81, "localhost", 5031)}${entry(82, "127.0.0.1", 5031)}`,
    );
    const { stderr } = await hv.up("br0");
    assert.equal(stderr.match(/warning/g), null, stderr);
    await hv.control("start");
    assert.equal(await fetchFrom(guest, "/who", 80), "hv1 10.11.12.1\n");
    for (const port of [81, 82]) assert.equal(await fetchFrom(guest, "/who", port), "hv1 127.0.0.1\n");
    const { code, stdout } = await hv.tproxy("check");
    assert.equal(code, 0);
    const remark = "guests reach what otherwise only this hypervisor does";
    assert.deepEqual(stdout.match(/\d+(?=:\d+: :remote_addr: is )/g), ["5", "8"], stdout);
    assert.equal(stdout.split(remark).length, 3, stdout);
    assert.match(stdout, /\nno problems, 2 remarks\n$/);
  }),
);
