/**
 * Bad input: one line that names the thing and the remedy, an exit code, and no half-made state.
 *
 * @module
 */

import assert from "node:assert/strict";
import { commandPermissions } from "../lib/permissions/command_permissions.ts";
import { toFlags } from "../lib/permissions/permissions.ts";
import { COMMAND_PROGRAMS, programOf } from "../lib/permissions/verbs.ts";
import { checkout } from "../lib/permissions/checkout.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import type { Result } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { CONFIG, inLab, makeHypervisor } from "./lab/scenario.ts";

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
      /^tproxy-setup: error: Cannot read the configuration \/var\/tmp\/one\/\S+: there is no such file; run "onehost sync -f"/,
  },
  {
    what: "the configuration is not YAML",
    make: (hv) => hv.configure(":tproxy:\n- :service_port: [5030\n"),
    says: /^tproxy-setup: error: \S+\.conf:\d+:\d+: not YAML: .+; correct that line\n/,
  },
  {
    what: "the configuration has no :tproxy: key",
    make: (hv) => hv.configure(":vlan_mtu: 1500\n"),
    says: /^tproxy-setup: error: The configuration \S+ has no :tproxy: key; add the list of services/,
  },
  {
    what: "there is no such bridge",
    args: ["up", "--bridge", "br7", "--network", "vnet0"],
    says: /^tproxy-setup: error: There is no bridge br7; see "ip link show type bridge"/,
  },
  {
    what: "the device is not a bridge",
    args: ["up", "--bridge", "eth0", "--network", "vnet0"],
    says: /^tproxy-setup: error: eth0 is not a Linux bridge but veth; /,
  },
  ...["br0; reboot", "$(id)", "br0 }; flush ruleset", "../../etc", "-h", "br0\nbr1", "", "a".repeat(16)].map((
    bridge,
  ) => ({
    what: `the bridge name is ${JSON.stringify(bridge)}`,
    args: ["up", `--bridge=${bridge}`, "--network", "vnet0"],
    says: /^tproxy-setup: error: "[^\n]*" is not a bridge name; use 1 to 15 letters, digits/,
  })),
  {
    what: "the network ID is not a number",
    args: ["up", "--bridge", "br0", "--network-id", "x"],
    says: /^tproxy-setup: error: "x" is not a network ID; use the number that onevnet list shows\n$/,
  },
  {
    what: "the network is missing, and none is recorded on the bridge",
    args: ["up", "--bridge", "br0"],
    says:
      /^tproxy-setup: error: No network is recorded on br0; name it with --network NAME, --network-id ID or both; "tproxy-setup list" /,
  },
  {
    what: "nft is not installed",
    make: hide("/usr/sbin/nft"),
    says:
      /^tproxy-setup: error: Cannot run \/usr\/sbin\/nft: it is not installed or not executable; .*apt-get install nftables"\n$/,
  },
  {
    what: "ip is not installed",
    make: hide("/usr/sbin/ip"),
    says:
      /^tproxy-setup: error: Cannot run \/usr\/sbin\/ip: it is not installed or not executable; .*apt-get install iproute2"\n$/,
  },
];

for (const { what, make, args = UP, says } of CASES) {
  Deno.test(
    `setup says so in one line and leaves nothing when ${what}`,
    inLab(async (lab) => {
      const hv = await makeHypervisor(lab);
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

type Program = "setup" | "tproxy";

const USAGE: readonly { program: Program; args: string[]; suggests: string }[] = [
  { program: "setup", args: ["upp"], suggests: "(Did you mean up?)" },
  { program: "setup", args: ["up", "--brige", "br0"], suggests: "(Did you mean --bridge?)" },
  {
    program: "setup",
    args: ["up", "--network", "vnet0"],
    suggests: "error: the bridge is missing; name it, for example --bridge br0",
  },
  { program: "setup", args: ["down"], suggests: "error: the bridge is missing; name it, for example --bridge br0" },
  { program: "tproxy", args: ["statsu"], suggests: "(Did you mean status?)" },
  { program: "tproxy", args: ["stat"], suggests: "(Did you mean status?)" },
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
  "help and the version are no errors",
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    const questions: [string, RegExp][] = [["--help", /^Usage: /], ["help", /^Usage: /], [
      "--version",
      /^one-tproxy [\d.]+\n$/,
    ]];
    for (const program of ["setup", "tproxy"] as const) {
      for (const [question, answer] of questions) {
        const { code, stdout, stderr } = await hv[program](question);
        assert.deepEqual([code, stderr], [0, ""]);
        assert.match(stdout, answer);
      }
    }
  }),
);

/** A program as anybody has it, with the permissions of the table. */
async function asNobody(hv: Hypervisor): Promise<(program: Program, ...args: string[]) => Promise<Result>> {
  for (const program of COMMAND_PROGRAMS) {
    await hv.host.text([Deno.execPath(), "bundle", "--quiet", "--output", `/run/${program}.js`, `cmd/${program}.ts`]);
  }
  return (command, ...args) => {
    const program = programOf(command, args);
    const flags = toFlags(commandPermissions(program, DEFAULT_CONFIG_PATH, checkout()));
    // The runtime may be where only root can go, so it is handed over open.
    const line = `exec 3<"$0"; exec setpriv --reuid=65534 --regid=65534 --clear-groups env -C / DENO_DIR=/dev/null \
        /proc/self/fd/3 run --quiet --no-config --no-lock --no-npm --ext=js "$@" </run/${program}.js`;
    return hv.host.run(["sh", "-c", line, Deno.execPath(), ...flags, "-", ...args]);
  };
}

Deno.test(
  "every verb tells a user who is not root so in the same line, before anything is tried",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.configure(CONFIG);
    const run = await asNobody(hv);
    const commands: [Program, string][] = [
      ...["up --bridge br0 --network a", "down --bridge br0", "hook pre", "hook clean"].map((
        line,
      ): [Program, string] => [
        "setup",
        line,
      ]),
      ...["start", "stop", "restart", "reload", "status", "status --json", "watch", "permissions --running"].map((
        line,
      ): [Program, string] => ["tproxy", line]),
    ];
    for (const [program, line] of commands) {
      const { code, stdout, stderr } = await run(program, ...line.split(" "));
      const name = program === "setup" ? "tproxy-setup" : program;
      assert.deepEqual(
        { code, stdout, stderr },
        { code: 1, stdout: "", stderr: `${name}: error: Only root can do this; run it with sudo\n` },
        line,
      );
    }
    assert.notEqual((await hv.host.run(["test", "-e", "/run/one_tproxy"])).code, 0);
  }),
);

Deno.test(
  "anybody may check the configuration, and ask for permissions and help",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.configure(CONFIG);
    const run = await asNobody(hv);
    for (
      const [program, line] of [["tproxy", "check"], ["tproxy", "permissions"], ["tproxy", "help"], [
        "setup",
        "--version",
      ]] as const
    ) {
      const { code, stderr } = await run(program, ...line.split(" "));
      assert.deepEqual([code, stderr], [0, ""], line);
    }
  }),
);

Deno.test(
  "the task tells somebody who is not root, and can't write to the checkout, the same",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const hv = await lab.hypervisor("hv1", "10.11.12.1");
    await hv.configure(CONFIG);
    const build = new URL("../.build", import.meta.url).pathname;
    await hv.host.text(["mkdir", "-p", build]);
    await hv.host.text(["mount", "--bind", build, build]);
    await hv.host.text(["mount", "-o", "remount,bind,ro", build]);
    // A user who can read what root can, as the runtime may be in root's home, and is another one.
    const somebody = ["unshare", "--user", "--map-user=1000"];
    const task = ["sh", "-c", 'PATH="${0%/*}:$PATH"; exec "$0" task --quiet tproxy "$@"', Deno.execPath()];
    const start = await hv.host.run([...somebody, ...task, "start"]);
    assert.deepEqual([start.code, start.stderr], [1, "tproxy: error: Only root can do this; run it with sudo\n"]);
    const check = await hv.host.run([...somebody, ...task, "check"]);
    assert.deepEqual([check.code, check.stderr], [0, ""]);
  }),
);
