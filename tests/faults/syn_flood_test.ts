/**
 * A guest that asks for connections, from addresses that do not exist, and never answers.
 *
 * @module
 */

import { until } from "../lab/command.ts";
import { inLab } from "../lab/scenario.ts";
import { makeCrowd, PROXY } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, usageOf } from "./measure.ts";

Deno.test(
  "a SYN flood from a guest keeps nobody else from being served",
  inLab(async (lab) => {
    const { hv, guest, neighbour, stranger } = await makeCrowd(lab);
    const others = [neighbour, stranger];
    const before = await ask(others);
    const idle = await usageOf(hv);
    const flood = ["hping3", "--quiet", "--syn", "--destport", "5030", "--rand-source", "--interval", "u200"];
    const hping = guest.start([...flood, "--count", "15000", PROXY]);
    const table = async () => {
      return Number(
        (await hv.host.text(["ip", "netns", "exec", "one_tproxy_br0", "ip", "-s", "neigh"])).split("\n").length,
      );
    };
    await until("it has begun", async () => await table() > 100);
    // Whoever comes now has to be found first, too.
    for (const bridge of ["br0", "br1"]) {
      await hv.host.text([
        "ip",
        "netns",
        "exec",
        `one_tproxy_${bridge}`,
        "ip",
        "neigh",
        "flush",
        "to",
        "192.168.0.0/16",
      ]);
    }
    const during = await ask(others);
    console.log("neighbours", await table());
    hping.signal("SIGKILL");
    assertUndisturbed("SYN flood", others, before, during);
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
    assertUndisturbed("after a SYN flood", others, before, await ask(others));
  }),
);
