/**
 * A guest that sends SYNs as fast as it can and finishes no handshake, from its own address. tests/port_test.ts has
 * forged addresses.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import { inLab } from "../lab/scenario.ts";
import { makeCrowd, PROXY } from "./crowd.ts";
import { areBack, ask, assertUndisturbed, usageOf } from "./measure.ts";

Deno.test(
  "a SYN flood from a guest's own address keeps nobody else from being served",
  inLab(async (lab) => {
    const { hv, guest, neighbour, stranger } = await makeCrowd(lab);
    const others = [neighbour, stranger];
    const before = await ask(others);
    const idle = await usageOf(hv);
    const inside = ["ip", "netns", "exec", "one_tproxy_br0"];
    const counted = await hv.host.text([...inside, "nstat", "-asz", "TcpInSegs"]);
    const start = Number(/TcpInSegs +(\d+)/.exec(counted)?.[1]);
    const flood = ["hping3", "--quiet", "--syn", "--destport", "5030", "--interval", "u200"];
    const hping = guest.start([...flood, "--count", "15000", PROXY]);
    await until("it has begun", async () => {
      const received = await hv.host.text([...inside, "nstat", "-asz", "TcpInSegs"]);
      return Number(/TcpInSegs +(\d+)/.exec(received)?.[1]) > start + 1000;
    });
    const during = await ask(others);
    hping.signal("SIGKILL");
    assertUndisturbed("SYN flood", others, before, during);
    await until("the descriptors are back", async () => areBack(idle, await usageOf(hv)));
    assertUndisturbed("after a SYN flood", others, before, await ask(others));
  }),
);
