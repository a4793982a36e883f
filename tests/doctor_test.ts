/**
 * `tproxy doctor` in labs that are broken in one way each: its last line names the broken link and the remedy.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { linesOf, pictureOfTerminal } from "./lab/terminal_picture.ts";
import { CONFIG, GATE, inLab, type Scenario, served } from "./lab/scenario.ts";

type Act = (scenario: Scenario) => Promise<unknown>;

/** A way to break a lab. */
interface Case {
  readonly breakIt: Act;
  /** The last line of the answer. */
  readonly says: RegExp;
  /** Mends it, besides `setup up` and `tproxy start`. */
  readonly mend?: Act;
  /** The arguments. */
  readonly args?: readonly string[];
}

/** A case that commands on the hypervisor make. */
function byCommands(says: RegExp, ...commands: readonly (readonly string[])[]): Case {
  return {
    says,
    breakIt: async ({ hv }) => {
      for (const argv of commands) await hv.host.text(argv);
    },
  };
}

const IN_NETNS = ["ip", "netns", "exec", "one_tproxy_br0"];
const UP = 'run "tproxy-setup up --bridge br0"$';

async function lastLine(
  hv: Hypervisor,
  args: readonly string[] = [],
): Promise<[code: number, line: string, all: string]> {
  const { code, stdout, stderr } = await hv.tproxy("doctor", ...args);
  return [code, stdout.trim().split("\n").at(-1) ?? "", stdout + stderr];
}

/** A firewall of the hypervisor that drops what goes to the service. */
async function dropToService(hv: Hypervisor): Promise<void> {
  const chain = `chain out { type filter hook output priority 10; ip daddr ${GATE} drop\n}`;
  await hv.host.text(["nft", "-f", "-"], `table ip firewall { ${chain}\n}`);
}

const CASES: Readonly<Record<string, Case>> = {
  "the address is flushed": byCommands(
    new RegExp(`^broken: namespace: br0: br0a does not have 169\\.254\\.16\\.9/32; ${UP}`),
    ["ip", "-n", "one_tproxy_br0", "address", "flush", "dev", "br0a"],
  ),
  "the routes are flushed": byCommands(
    new RegExp(`^broken: namespace: br0: one_tproxy_br0 has no default route by br0a; ${UP}`),
    ["ip", "-n", "one_tproxy_br0", "route", "flush", "table", "main"],
  ),
  "the outer end is down": byCommands(
    new RegExp(`^broken: port: br0: br0b is down; ${UP}`),
    ["ip", "link", "set", "dev", "br0b", "down"],
  ),
  "the outer end is off the bridge": byCommands(
    new RegExp(`^broken: port: br0: br0b is on no bridge; ${UP}`),
    ["ip", "link", "set", "dev", "br0b", "nomaster"],
  ),
  "the veth pair is deleted": byCommands(
    new RegExp(`^broken: port: br0: the port br0b is gone; ${UP}`),
    ["ip", "link", "delete", "dev", "br0b"],
  ),
  "the inner end has another MAC address": byCommands(
    /^broken: port: br0: br0a has the MAC address 02:00:00:00:00:01, and not 12:/,
    ["ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "address", "02:00:00:00:00:01"],
  ),
  "the inner end has another MTU": byCommands(
    /^broken: port: br0: br0a has the MTU 1280, and not 1500/,
    ["ip", "-n", "one_tproxy_br0", "link", "set", "dev", "br0a", "mtu", "1280"],
  ),
  "the namespace forwards": byCommands(
    /^broken: namespace: br0: net\.ipv4\.ip_forward is 1 in one_tproxy_br0/,
    [...IN_NETNS, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1"],
  ),
  "the namespace's name is gone": byCommands(
    /^broken: namespace: br0: the namespace one_tproxy_br0 is gone/,
    ["umount", "/run/netns/one_tproxy_br0"],
    ["rm", "/run/netns/one_tproxy_br0"],
  ),
  "all of nft is flushed": byCommands(
    new RegExp(`^broken: map: br0: the map ep_br0 is gone; ${UP}`),
    ["nft", "flush", "ruleset"],
  ),
  "an element of the map is deleted": byCommands(
    /^broken: map: br0: the element 5030 of the map ep_br0 is gone/,
    ["nft", "delete element ip one_tproxy ep_br0 { 5030 }"],
  ),
  "no port is redirected": byCommands(
    /^broken: map: br0: the set redirected_br0 as setup made it is gone/,
    ["nft", "flush", "set", "bridge", "one_tproxy", "redirected_br0"],
  ),
  "the guard rules are flushed": byCommands(
    /^broken: rules: br0: the chain guard_br0 is empty/,
    ["nft", "flush", "chain", "bridge", "one_tproxy", "guard_br0"],
  ),
  "a rule drops everything": byCommands(
    /^broken: rules: br0: the rules in the chain ch_br0 are not those that setup made/,
    ["nft", "add", "rule", "bridge", "one_tproxy", "ch_br0", "drop"],
  ),
  "the bridge is down": {
    ...byCommands(
      /^broken: bridge: br0: the bridge is down; run "ip link set dev br0 up"$/,
      ["ip", "link", "set", "dev", "br0", "down"],
    ),
    mend: ({ hv }) => hv.host.ip("link set dev br0 up"),
  },
  "the inner is gone": {
    breakIt: async ({ hv }) => {
      await hv.kill("one_tproxy_br0");
    },
    says: /^broken: inner: one_tproxy_br0: it is not running; run "tproxy start"$/,
  },
  "the outer is gone": {
    breakIt: async ({ hv }) => {
      await hv.kill("one_tproxy");
    },
    says: /^broken: outer: one_tproxy: it is not running; run "tproxy start"$/,
  },
  "the inner is stopped": {
    breakIt: async ({ hv }) => {
      await hv.kill("one_tproxy_br0", "STOP");
    },
    says: /^broken: inner: one_tproxy_br0: the process \d+ is stopped; run "kill -CONT \d+"$/,
    mend: async ({ hv }) => {
      await hv.kill("one_tproxy_br0", "CONT");
    },
  },
  "the outer is stopped": {
    breakIt: async ({ hv }) => {
      await hv.kill("one_tproxy", "STOP");
    },
    says: /^broken: outer: one_tproxy: the process \d+ is stopped; run "kill -CONT \d+"$/,
    mend: async ({ hv }) => {
      await hv.kill("one_tproxy", "CONT");
    },
  },
  "somebody has stopped the proxies": {
    breakIt: ({ hv }) => hv.control("stop"),
    says: /^broken: stopped: the proxies: they were stopped by "tproxy stop"; run "tproxy start"$/,
  },
  "the socket is gone": {
    ...byCommands(
      /^broken: string: br0: \S+\/br0\/outer\.socket is gone; run "tproxy reload"$/,
      ["rm", "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0/outer.socket"],
    ),
    mend: ({ hv }) => hv.control("reload"),
  },
  "the socket's folder has another mode": {
    ...byCommands(
      /^broken: string: br0: \S+\/br0 has the mode 0700, and not 07[17]0; run "tproxy reload"$/,
      ["chmod", "0700", "/run/one_tproxy/written-by-proxies/sockets-for-inners/br0"],
    ),
    mend: ({ hv }) => hv.control("reload"),
  },
  "nobody can go through the folder of the sockets": {
    ...byCommands(
      /^broken: string: \S+: its mode is 0700: no proxy can go through it; run "chmod 0755 \S+"$/,
      ["chmod", "0700", "/run/one_tproxy/written-by-proxies"],
    ),
    mend: ({ hv }) => hv.host.text(["chmod", "0755", "/run/one_tproxy/written-by-proxies"]),
  },
  "the rules for outer let nothing through": byCommands(
    /^broken: egress: one_tproxy: the rules in nft .* are not as they should be; run "tproxy reload"/,
    ["nft", "flush", "set", "inet", "one_tproxy_egress", "remotes"],
  ),
  "nothing listens at the remote port": {
    breakIt: async ({ hv }) => {
      await hv.configure(CONFIG.replace(":remote_port: 5030", ":remote_port: 5031"));
      await hv.control("apply");
    },
    says:
      /^broken: service: 10\.11\.12\.13:5031: it refuses connections: .*start the service \(on 10\.11\.12\.13: "ss -ltn sport = :5031"\), or correct line 3 /,
    mend: async ({ hv }) => {
      await hv.configure(CONFIG);
      await hv.control("apply");
    },
  },
  "a firewall drops what goes to the service": {
    ...byCommands(
      /^broken: service: 10\.11\.12\.13:5030: it does not answer: the host is down, or a firewall drops/,
      ["nft", "-f", "-"],
    ),
    breakIt: ({ hv }) => dropToService(hv),
    mend: ({ hv }) => hv.host.text(["nft", "delete", "table", "ip", "firewall"]),
  },
  "the hypervisor has no route to the service": {
    ...byCommands(
      /^broken: service: 10\.11\.12\.13:5030: it can't be reached: .*unreachable.*see "ip route get 10\.11\.12\.13"$/i,
      ["ip", "address", "flush", "dev", "eth0"],
    ),
    mend: ({ hv }) => hv.host.ip("address add 10.11.12.1/24 dev eth0"),
  },
  "the configuration has changed and is not applied": {
    breakIt: ({ hv }) => hv.configure(CONFIG.replace(":remote_port: 5030", ":remote_port: 5031")),
    says:
      /^broken: applied: br0: what is configured is not applied: 5030 \(ID 7, name vnet0\) is different; run "tproxy apply /,
    mend: ({ hv }) => hv.configure(CONFIG),
  },
  "an entry has no port": {
    breakIt: ({ hv }) => hv.configure(`${CONFIG}- :service_port: 80000\n  :remote_addr: ${GATE}\n  :remote_port: 1\n`),
    says: /^broken: configuration: \S+\.conf: \S+\.conf:6:\d+: :service_port: .*; correct line 6$/,
    mend: ({ hv }) => hv.configure(CONFIG),
  },
  "the configuration is no YAML": {
    breakIt: ({ hv }) => hv.configure(":tproxy: [\n"),
    says: /^broken: configuration: .*; see what "tproxy check --config \S+" says$/,
    mend: ({ hv }) => hv.configure(CONFIG),
  },
  "the configuration is gone": {
    ...byCommands(/^broken: configuration: .*; see what/, ["rm", "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf"]),
    mend: ({ hv }) => hv.configure(CONFIG),
  },
  "a name does not resolve": {
    breakIt: ({ hv }) =>
      hv.configure(
        `${CONFIG}- :service_port: 81\n  :remote_addr: gone.invalid\n  :remote_port: 1\n  :networks: [other]\n`,
      ),
    says: /^broken: names: gone\.invalid: it does not resolve: .*; see what "getent ahostsv4 gone\.invalid" says/,
    mend: ({ hv }) => hv.configure(CONFIG),
  },
  "the record is damaged": byCommands(
    /^broken: record: \/run\/one_tproxy\/setup-record\.json: it is damaged; run "tproxy reload"/,
    ["dd", "if=/dev/zero", "of=/run/one_tproxy/setup-record.json", "bs=1", "count=4", "status=none"],
  ),
  "a security group lets nothing out": {
    breakIt: ({ hv }) =>
      hv.host.text(
        ["nft", "-f", "-"],
        `table bridge groups {
          chain forward { type filter hook forward priority filter; iifname "one-0-0" jump one-0-0-out; }
          chain one-0-0-out { ether type arp accept; tcp dport 22 accept; drop; }
        }`,
      ),
    says:
      /^broken: filters: one-0-0: the chain bridge groups one-0-0-out drops what it sends for 5030; see "nft list chain bridge groups one-0-0-out"/,
    mend: ({ hv }) => hv.host.text(["nft", "delete", "table", "bridge", "groups"]),
  },
  "a rule of IPv4 drops what crosses bridges": {
    breakIt: async ({ hv }) => {
      await hv.host.text(["sysctl", "-q", "-w", "net.bridge.bridge-nf-call-iptables=1"]);
      const chain = "chain FORWARD { type filter hook forward priority 0; policy drop; ct state established accept; };";
      await hv.host.text(["nft", `table ip filter { ${chain} }`]);
    },
    says:
      /^broken: filters: one-0-0: the chain ip filter FORWARD drops what it sends for 5030; see "nft list chain ip filter FORWARD"; let TCP 5030 through there, or, /,
    mend: ({ hv }) => hv.host.text(["nft", "delete", "table", "ip", "filter"]),
  },
  "the outer end is down, and a guest is asked about": {
    ...byCommands(new RegExp(`^broken: port: br0: br0b is down; ${UP}`), ["ip", "link", "set", "dev", "br0b", "down"]),
    args: ["--guest", "192.168.150.10"],
  },
  "there is no such service port": {
    breakIt: () => Promise.resolve(),
    args: ["--port", "81"],
    says: /^broken: services: the services: no service has the port 81 on any bridge/,
  },
  "there is no such bridge": {
    breakIt: () => Promise.resolve(),
    args: ["--bridge", "br9"],
    says: /^broken: services: br9: nothing has been set up on it; run "tproxy-setup up --bridge br9"/,
  },
  "the proxy has not heard from the guest": {
    breakIt: () => Promise.resolve(),
    args: ["--guest", "192.168.150.99"],
    says: /^broken: guest: 192\.168\.150\.99: the proxy has not heard from it/,
  },
};

Deno.test(
  "doctor names the broken link on its last line, changes nothing, and exits with 1",
  inLab(async (lab) => {
    const scenario = await served(lab);
    const { hv, guest } = scenario;
    await guest.text(["curl", "-sS", "--fail", "http://169.254.16.9:5030/who"]);
    const wrong: string[] = [];
    for (const [name, { breakIt, says, mend, args }] of Object.entries(CASES)) {
      await breakIt(scenario);
      const [code, line, all] = await lastLine(hv, args);
      if (code !== 1 || !says.test(line)) wrong.push(`${name}: ${code} ${line}\n${all}`);
      await mend?.(scenario);
      await hv.serve("br0");
    }
    assert.deepEqual(wrong, []);
    // Whatever was not mended would be named before the watch.
    assert.match((await lastLine(hv))[1], /^broken: watch: tproxy watch: it is not running/);
  }),
);

/** What doctor says of the supervision: the process ID of the watch. */
async function watcherOf(hv: Hypervisor): Promise<string> {
  const { links } = JSON.parse((await hv.tproxy("doctor", "--json")).stdout);
  const { findings } = links.find(({ link }: { link: string }) => link === "watch");
  return /^process (\d+), last pass \d+ seconds ago$/.exec(findings[0].text)?.[1] ?? "";
}

Deno.test(
  "doctor finds nothing broken where the watch runs, and names a watch that hangs and a full disk",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await guest.text(["curl", "-sS", "--fail", "http://169.254.16.9:5030/who"]);
    await using _watch = hv.startWatch();
    const pid = await until("the watch has made a pass", () => watcherOf(hv));
    const [code, line, all] = await lastLine(hv, ["--guest", "192.168.150.10", "--port", "5030"]);
    assert.deepEqual([code, line], [0, "no link is broken"], all);
    assert.match(all, /^ok +guest +192\.168\.150\.10: [0-9a-f:]{17} at one-0-0 of br0$/m);
    assert.match(all, /^ok +service +10\.11\.12\.13:5030: it accepts connections, after \d+\.\d ms; /m);

    await hv.host.text(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", "/var/log"]);
    assert.match((await lastLine(hv))[1], /^broken: logs: \/var\/log: \d+ KiB are free; see "du /);
    await hv.host.text(["umount", "/var/log"]);
    await hv.host.text(["kill", "-STOP", pid]);
    assert.match(
      (await lastLine(hv))[1],
      /^broken: watch: tproxy watch: the process \d+ is stopped; run "kill -CONT \d+"$/,
    );
    await hv.host.text(["kill", "-KILL", pid]);
    assert.match((await lastLine(hv))[1], /^broken: watch: tproxy watch: it is not running/);
  }),
);

Deno.test(
  "doctor walks on where nft, ip or ps fails, and says what is not known",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    const says: Readonly<Record<string, RegExp>> = {
      "/usr/sbin/nft": /^unknown +map +br0: .*nft.* exited with 1/m,
      "/usr/sbin/ip": /^unknown +bridge +bridges: .*ip.* exited with 1/m,
      "/usr/bin/ps": /^unknown +inner +inner: .*ps.* exited with 1/m,
    };
    for (const [program, unknown] of Object.entries(says)) {
      await hv.host.text(["mount", "--bind", "/usr/bin/false", program]);
      const { code, stdout, stderr } = await hv.tproxy("doctor");
      await hv.host.text(["umount", program]);
      assert.deepEqual([code, stderr], [1, ""], program);
      assert.match(stdout, unknown);
      assert.match(stdout, /^ok +configuration /m);
      assert.match(stdout, /\n(?:broken: watch: tproxy watch: it is not running.*|not known: .*)\n$/, stdout);
      assert.match(stdout, /^ok +service +10\.11\.12\.13:5030: it accepts connections/m, program);
    }
  }),
);

/** What a picture says, without its numbers and without spaces: a longer number folds its line elsewhere. */
function stable(lines: readonly string[]): string {
  return lines.join("")
    .replaceAll(/\d+(?:\.\d+)? ?(?:ms|MiB|seconds?)|process \d+|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g, "…")
    .replaceAll(" ", "");
}

Deno.test(
  "the picture in docs/ shows what doctor prints",
  { ignore: ROOTLESS },
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await guest.text(["curl", "-sS", "--fail", "http://169.254.16.9:5030/who"]);
    await using _watch = hv.startWatch();
    const pid = await until("the watch has made a pass", () => watcherOf(hv));
    await dropToService(hv);
    const args = ["doctor", "--guest", "192.168.150.10", "--port", "5030"];
    const { stdout } = await hv.tproxy(...args);
    await hv.host.text(["kill", pid]);
    const picture = pictureOfTerminal(`tproxy ${args.join(" ")}`, stdout);
    await hv.host.write(new URL("../.build/doctor.svg", import.meta.url).pathname, picture);
    const shown = await Deno.readTextFile(new URL("../docs/doctor.svg", import.meta.url));
    assert.equal(stable(linesOf(shown)), stable(linesOf(picture)), "copy .build/doctor.svg to docs/");
  }),
);
