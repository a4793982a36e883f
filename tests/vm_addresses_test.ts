/**
 * Which VM a stream is of: the hooks tell it, and `streams`, `top` and `logs` show it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { RUN_FILES } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import { clientState, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import { assertServed, entry, inLab } from "./lab/scenario.ts";
import { vmOf } from "./lab/vm.ts";

const ADDRESS = "192.168.150.10";

Deno.test(
  "streams, top and logs name the VM that had the address when the stream was opened, whoever has it now",
  inLab(async (lab) => {
    const { hv, guest, neighbour, gate } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    const hook = async (action: string, id: number) => {
      const { code, stderr } = await hv.hook([action], vmOf(id, ["br0", "7", ADDRESS]));
      assert.equal(code, 0, stderr);
    };
    const talk = async () => {
      const client = startClient(guest, { port: 7, count: 1, how: "echo" });
      await clientState(client, "it is served", ({ answers }) => answers > 0);
      return client;
    };
    const listed = async () => (await hv.tproxy("streams")).stdout;
    const row = (guest: string, end: string) =>
      new RegExp(`  ${guest.replaceAll(".", "\\.")}:\\d+ .*  open${end}$`, "m");

    await talk();
    assert.match(await listed(), row(ADDRESS, ""), "no hook has told of a VM");
    await hook("pre", 42);
    const first = await talk();
    await neighbour.run(["curl", "-s", "http://169.254.16.9:5030/who"]);
    assert.match(await listed(), row(ADDRESS, "   42  vnet7"));
    assert.match(await listed(), row(ADDRESS, "   -   -"), "the stream was there before the VM");
    await hook("clean", 42);
    await talk();
    await hook("pre", 43);
    await talk();
    const { streams } = JSON.parse((await hv.tproxy("streams", "--json")).stdout);
    assert.deepEqual(streams.map(({ vm, network }: { vm?: number; network?: string }) => [vm, network]), [
      ...[[undefined, undefined], [42, "vnet7"], [undefined, undefined], [43, "vnet7"]],
    ]);
    const top = JSON.parse((await hv.tproxy("top", "--json")).stdout);
    assert.deepEqual(new Set(top.streams.map(({ vm }: { vm?: number }) => vm)), new Set([undefined, 42, 43]));

    first.signal("SIGKILL");
    const logs = async (...options: string[]) => (await hv.tproxy("logs", "--guest", ADDRESS, ...options)).stdout;
    const ends = await until("both halves log that the first VM's stream has ended", async () => {
      const ends = (await logs()).split("\n").filter((line) => / {2}Closed {2}/.test(line));
      return ends.length === 2 && ends;
    });
    for (const line of ends) assert.match(line, / {2}vm=42 {2}network=vnet7$/, "it was opened when 42 had the address");
    const opened = (await logs()).split("\n").filter((line) => / {2}br0 +Opened {2}/.test(line));
    assert.deepEqual(opened.map((line) => / {2}vm=(\d+)/.exec(line)?.[1]), [undefined, "42", undefined, "43"]);
    assert.doesNotMatch(await logs("--json"), /"vm"/, "as the proxies have written them");
    assert.doesNotMatch((await hv.tproxy("logs", "--guest", "192.168.150.11")).stdout, / {2}vm=/);

    assert.match(await hv.host.text(["stat", "-c", "%a %u:%g %F", RUN_FILES.vmAddresses]), /^640 0:0 regular file$/m);
    await hv.setup("release");
    assert.equal((await hv.host.run(["test", "-e", RUN_FILES.vmAddresses])).code, 1);
  }),
);

Deno.test(
  "a hook does its work where it can't note the VM's address, and says so; one that is told again notes only when",
  inLab(async (lab) => {
    const { hv, guest } = await makeCrowd(lab);
    const pre = () => hv.hook(["pre"], vmOf(42, ["br0", "7", ADDRESS]));
    await pre();
    const noted = async () => (await hv.host.text(["cat", RUN_FILES.vmAddresses])).replace(/,"started":\d+/, "");
    const before = await noted();
    await pre();
    assert.equal(await noted(), before);
    await hv.host.write(RUN_FILES.vmAddresses, "damaged");
    assert.match((await pre()).stderr, /^warning: Which VM had which address is lost /m);
    assert.match(await hv.host.text(["cat", RUN_FILES.vmAddresses]), /"vm":42/);
    await hv.host.text(["sh", "-c", `rm ${RUN_FILES.vmAddresses}; mkdir ${RUN_FILES.vmAddresses}`]);
    const { code, stderr } = await pre();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: Cannot note which addresses a VM has \(vm=42, error=.*\)$/m);
    await assertServed(guest);
  }),
);
