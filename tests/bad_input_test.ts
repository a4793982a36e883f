/**
 * Bad input: one line that names the thing and the remedy, an exit code, and no half-made state.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, inLab } from "./lab/scenario.ts";

/** What is wrong, how it is made wrong, what is asked for, and what has to be said. */
interface Case {
  readonly what: string;
  readonly make?: (hv: Hypervisor) => Promise<unknown>;
  readonly args?: readonly string[];
  readonly says: RegExp;
}

const UP = ["up", "--bridge", "br0", "--network", "vnet0", "--network-id", "7"];
const hide = (path: string) => (hv: Hypervisor) => hv.host.text(["mount", "--bind", "/run/nothing", path]);

const CASES: readonly Case[] = [
  {
    what: "there is no configuration",
    make: (hv) => hv.host.text(["rm", "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf"]),
    says:
      /^setup: error: Cannot read the configuration \/var\/tmp\/one\/\S+: there is no such file; run "onehost sync -f"/,
  },
  {
    what: "the configuration is not YAML",
    make: (hv) => hv.configure(":tproxy:\n- :service_port: [5030\n"),
    says: /^setup: error: \S+\.conf:\d+:\d+: not YAML: .+; correct that line\n/,
  },
  {
    what: "the configuration has no :tproxy: key",
    make: (hv) => hv.configure(":vlan_mtu: 1500\n"),
    says: /^setup: error: The configuration \S+ has no :tproxy: key; add the list of services/,
  },
  {
    what: "there is no such bridge",
    args: ["up", "--bridge", "br7", "--network", "vnet0"],
    says: /^setup: error: There is no bridge br7; see "ip link show type bridge"/,
  },
  {
    what: "the device is not a bridge",
    args: ["up", "--bridge", "eth0", "--network", "vnet0"],
    says: /^setup: error: eth0 is not a Linux bridge but veth; /,
  },
  ...["br0; reboot", "$(id)", "br0 }; flush ruleset", "../../etc", "-h", "br0\nbr1", "", "a".repeat(16)].map((
    bridge,
  ) => ({
    what: `the bridge name is ${JSON.stringify(bridge)}`,
    args: ["up", `--bridge=${bridge}`, "--network", "vnet0"],
    says: /^setup: error: "[^\n]*" is not a bridge name; use 1 to 15 letters, digits/,
  })),
  {
    what: "the network ID is not a number",
    args: ["up", "--bridge", "br0", "--network-id", "x"],
    says: /^setup: error: "x" is not a network ID; use the number that onevnet list shows\n$/,
  },
  {
    what: "the bridge is missing",
    args: ["up", "--network", "vnet0"],
    says: /^setup: error: The bridge is missing; name it, for example --bridge br0\n$/,
  },
  {
    what: "the network is missing",
    args: ["up", "--bridge", "br0"],
    says: /^setup: error: The network is missing; name it with --network NAME, --network-id ID or both\n$/,
  },
  {
    what: "nft is not installed",
    make: hide("/usr/sbin/nft"),
    says:
      /^setup: error: Cannot run \/usr\/sbin\/nft: it is not installed or not executable; .*apt-get install nftables"\n$/,
  },
  {
    what: "ip is not installed",
    make: hide("/usr/sbin/ip"),
    says:
      /^setup: error: Cannot run \/usr\/sbin\/ip: it is not installed or not executable; .*apt-get install iproute2"\n$/,
  },
];

for (const { what, make, args = UP, says } of CASES) {
  Deno.test(
    `setup says so in one line and leaves nothing when ${what}`,
    inLab(async (lab) => {
      const hv = await lab.hypervisor("hv1", "10.11.12.1");
      await hv.configure(CONFIG);
      await hv.bridge("br0");
      await hv.host.write("/run/nothing", "");
      await make?.(hv);
      const { code, stdout, stderr } = await hv.setup(...args);
      await hv.host.run(["umount", "/usr/sbin/nft", "/usr/sbin/ip"]);
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.equal(stderr.trim().split("\n").length, 1, stderr);
      assert.equal(await hv.host.text(["nft", "list", "ruleset"]), "");
      assert.equal(await hv.host.text(["ip", "netns", "list"]), "");
      assert.deepEqual(
        JSON.parse(await hv.host.text(["ip", "-j", "link"])).map(({ ifname }: { ifname: string }) => ifname),
        ["lo", "eth0", "br0"],
      );
    }),
  );
}

const USAGE: readonly { program: "setup" | "tproxy"; args: string[]; suggests: string }[] = [
  { program: "setup", args: ["upp"], suggests: "(Did you mean up?)" },
  { program: "setup", args: ["up", "--brige", "br0"], suggests: "(Did you mean --bridge?)" },
  { program: "tproxy", args: ["statsu"], suggests: "(Did you mean status?)" },
  { program: "tproxy", args: ["start", "--forc"], suggests: "error: unknown option '--forc'" },
  { program: "tproxy", args: ["start", "br0"], suggests: "error: too many arguments" },
  { program: "tproxy", args: [], suggests: "Usage: tproxy" },
];

for (const { program, args, suggests } of USAGE) {
  Deno.test(
    `${[program, ...args].join(" ")} prints usage and the nearest`,
    inLab(async (lab) => {
      const hv = await lab.hypervisor("hv1", "10.11.12.1");
      const { code, stdout, stderr } = await hv[program](...args);
      assert.equal(code, 2);
      assert.equal(stdout, "");
      assert.ok(stderr.includes(suggests), stderr);
      assert.match(stderr, /^Usage: /m);
    }),
  );
}

Deno.test(
  "help is no error",
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    for (const program of ["setup", "tproxy"] as const) {
      const { code, stdout, stderr } = await hv[program]("--help");
      assert.equal(code, 0);
      assert.match(stdout, /^Usage: /);
      assert.equal(stderr, "");
    }
  }),
);

Deno.test(
  "somebody who is not root is told to be",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.configure(CONFIG);
    const verbs = { setup: ["down", "--bridge", "br0"], tproxy: ["status"] };
    for (const [program, args] of Object.entries(verbs)) {
      const bundle = `/run/${program}.js`;
      await hv.host.text([Deno.execPath(), "bundle", "--quiet", "--output", bundle, `cmd/${program}.ts`]);
      // The runtime may be where only root can go, so it is handed over open.
      const asNobody = `exec 3<"$0"; exec setpriv --reuid=65534 --regid=65534 --clear-groups /proc/self/fd/3 \
          run --quiet --no-prompt --no-config --ext=js --allow-all - "$@" <${bundle}`;
      const { code, stderr } = await hv.host.run(["sh", "-c", asNobody, Deno.execPath(), ...args]);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^${program}: error: [^\n]*root[^\n]*; run it [^\n]*sudo\n$`));
    }
  }),
);
