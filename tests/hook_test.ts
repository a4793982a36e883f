/**
 * The network drivers' hooks on a real kernel: what happens to a VM's bridges when it comes and goes.
 *
 * @module
 */

import assert from "node:assert/strict";
import sample from "./fixtures/vm-pre.xml" with { type: "text" };
import { RUN_FILES } from "../lib/paths.ts";
import { until } from "../packaging/command.ts";
import { holdLock } from "./lab/hold_lock.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { lockWaiters } from "./lab/lock_waiters.ts";
import { CONFIG, inLab, makeHypervisor } from "./lab/scenario.ts";
import { REAL_NFT, wrapNft } from "./lab/nft_wrapper.ts";
import { base64, vm, vmOf } from "./lab/vm.ts";

const CONFIG_PATH = "/var/tmp/one/etc/vnm/OpenNebulaNetwork.conf";

/** The sample's second network has a service that the first one does not have. */
const TWO_NETWORKS = CONFIG +
  "- {':service_port': 80, ':remote_addr': 10.11.12.34, ':remote_port': 80, ':networks': [12]}\n";

/** A hypervisor with the bridges of the sample VM; no guest, no service. */
async function hypervisor(lab: Lab, config = CONFIG): Promise<Hypervisor> {
  const hv = await makeHypervisor(lab, config);
  await hv.bridge("onebr.12");
  return hv;
}

/** A VM while one of its devices is attached or detached: the driver gives the hooks all of them, and marks the one. */
function withAttach(xml: string, name: string, nicId: string): string {
  const devices = new RegExp(`<${name}>[^]*?</${name}>`, "g");
  return base64(xml.replaceAll(devices, (device) => {
    const isIt = device.includes(`<NIC_ID><![CDATA[${nicId}]]>`);
    return isIt ? device.replace(">", "><ATTACH><![CDATA[YES]]></ATTACH>") : device;
  }));
}

/** Puts a port onto a bridge. */
async function addPort({ host }: Hypervisor, name: string, bridge: string, type = "veth"): Promise<void> {
  await host.ip(`link add name ${name} type ${type}`, `link set dev ${name} master ${bridge} up`);
}

/** The bridges that have a proxy. */
async function proxied({ host }: Hypervisor): Promise<string[]> {
  const [namespaces, rules] = [await host.text(["ip", "netns", "list"]), await host.text(["nft", "list", "ruleset"])];
  const bridges = [...namespaces.matchAll(/^one_tproxy_(\S+)/gm)].map(([, bridge = ""]) => bridge).toSorted();
  const maps = [...rules.matchAll(/\bmap ep_(\S+)/g)].map(([, bridge = ""]) => bridge).toSorted();
  assert.deepEqual(maps, bridges);
  return bridges;
}

Deno.test(
  "pre sets up the bridge of every NIC that can have a proxy, and says why the others can't",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, TWO_NETWORKS);
    for (let time = 1; time <= 2; time++) {
      const { code, stdout, stderr } = await hv.hook(["pre"], base64(sample));
      assert.deepEqual([code, stdout], [0, ""], stderr);
      assert.match(stderr, /^info: Skipped a NIC: its driver is "ovswitch", .+ \(nic=3\)$/m);
      assert.match(stderr, /^info: Skipped a NIC: it is an alias .+ \(nic=2\)$/m);
      assert.match(stderr, /^info: Skipped a NIC: it is a PCI device.+ \(nic=4\)$/m);
      assert.deepEqual(await proxied(hv), ["br0", "onebr.12"]);
    }
    const rules = await hv.host.text(["nft", "list", "table", "ip", "one_tproxy"]);
    assert.match(rules, /map ep_br0 \{[^}]*elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    assert.match(rules, /map ep_onebr\.12 \{[^}]*elements = \{ 80 : 10\.11\.12\.34 \. 80,\s+5030 : /);
  }),
);

Deno.test(
  "pre gives a bridge what each of the VM's networks on it needs, and sets it up once",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, TWO_NETWORKS.replace(CONFIG, CONFIG + "  :networks: [7]\n"));
    const { code, stderr } = await hv.hook(["pre"], vm(["br0", "7"], ["br0", "12"], ["br0", "7"]));
    assert.equal(code, 0, stderr);
    assert.equal(stderr.match(/The bridge is set up/g)?.length, 1, stderr);
    const rules = await hv.host.text(["nft", "list", "table", "ip", "one_tproxy"]);
    assert.match(rules, /elements = \{ 80 : 10\.11\.12\.34 \. 80,\s+5030 : 10\.11\.12\.13 \. 5030 \}/);
  }),
);

Deno.test(
  "pre gives a NIC that has no network, but only a bridge, the entries that are for all networks",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, TWO_NETWORKS);
    const bare = "<VM><TEMPLATE><NIC><BRIDGE>br0</BRIDGE><VN_MAD>bridge</VN_MAD></NIC></TEMPLATE></VM>";
    const { code, stderr } = await hv.hook(["pre"], base64(bare));
    assert.equal(code, 0, stderr);
    const rules = await hv.host.text(["nft", "list", "table", "ip", "one_tproxy"]);
    assert.match(rules, /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    await hv.hook(["clean"], base64(bare));
    assert.deepEqual(await proxied(hv), []);
  }),
);

Deno.test(
  "pre warns of a bad bridge name, and the other NICs get theirs",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const { code, stderr } = await hv.hook(["pre"], vm(["br0;reboot", "7"], ["onebr.12", "12"]));
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^warning: Skipped a NIC: "br0;reboot" is not a bridge name; .+ \(nic=0\)$/m);
    assert.deepEqual(await proxied(hv), ["onebr.12"]);
  }),
);

Deno.test(
  "pre fails the deploy when a bridge can't be set up, after the other NICs got theirs",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const { code, stderr } = await hv.hook(["pre"], vm(["br7", "7"], ["br0", "7"]));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: There is no bridge br7; .+ \(nic=0, bridge=br7\)$/m);
    assert.deepEqual(await proxied(hv), ["br0"]);
  }),
);

Deno.test(
  "pre sets all bridges of a VM up by one nft transaction, and clean removes them by one",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const { host } = hv;
    await hv.bridge("br2");
    const bridges = ["br0", "br2", "onebr.12"];
    const input = vm(["br0", "7"], ["onebr.12", "12"], ["br2", "7"]);
    const script = "/run/nft-script.$$";
    const run = `cat >${script}; ${REAL_NFT} -f ${script} && mv ${script} ${script}.done`;
    await wrapNft(host, `test "$*" = "-f -" || exec ${REAL_NFT} "$@"\n${run}`);
    // Which maps each transaction is about, and not the scripts that a kernel without meta ibrname refuses.
    const transactions = async () => {
      const found = await host.text([
        "sh",
        "-c",
        "grep -Eo 'map ip one_tproxy ep_[^ ]+|delete table ip one_tproxy$' /run/*.done",
      ]);
      await host.text(["sh", "-c", "rm /run/*.done"]);
      const lines = found.trim().split("\n").map((line) => line.split(":"));
      return [...Map.groupBy(lines, ([file]) => file).values()].map((of) => [...new Set(of.map(([, what]) => what))]);
    };
    const { code, stderr } = await hv.hook(["pre"], input);
    assert.equal(code, 0, stderr);
    assert.deepEqual(await proxied(hv), bridges);
    const [made = [], ...more] = await transactions();
    assert.deepEqual([made.toSorted(), more], [bridges.map((bridge) => `map ip one_tproxy ep_${bridge}`), []]);

    await host.ip(...bridges.map((bridge) => `link delete dev ${bridge}`));
    assert.equal((await hv.hook(["clean"], input)).code, 0);
    assert.deepEqual(await proxied(hv), []);
    assert.deepEqual(await transactions(), [["delete table ip one_tproxy"]]);
  }),
);

Deno.test(
  "pre gives a VM's other bridges their proxies where nft refuses the rules of one, and leaves nothing of that one",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.bridge("br2");
    // Somebody else's map of this name, of another kind.
    const map = "add table ip one_tproxy; add map ip one_tproxy ep_br2 { type ipv4_addr : inet_service; }";
    await hv.host.text(["nft", map]);
    const { code, stderr } = await hv.hook(["pre"], vm(["br0", "7"], ["br2", "7"], ["onebr.12", "12"]));
    assert.equal(code, 1, stderr);
    assert.match(stderr, /^error: [^\n]*nft[^\n]* \(nic=1, bridge=br2\)$/m);
    assert.equal(stderr.match(/^info: The bridge is set up /gm)?.length, 2, stderr);
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0", "one_tproxy_onebr.12"]);
    assert.doesNotMatch(await hv.host.text(["ip", "netns", "list"]), /br2/);
    assert.doesNotMatch(await hv.host.text(["cat", "/run/one_tproxy/setup-record.json"]), /br2/);
    assert.equal((await hv.hook(["clean"], vm(["br0", "7"], ["br2", "7"], ["onebr.12", "12"]))).code, 0);
    await until("no proxy is left", async () => (await hv.status()).size === 0);
  }),
);

const UNUSED: Readonly<Record<string, [make: (hv: Hypervisor) => Promise<unknown>, says: RegExp]>> = {
  "the configuration has no :tproxy: key": [
    (hv) => hv.configure(":vlan_mtu: 1500\n"),
    /^info: The configuration has no :tproxy: key: no bridge gets a proxy \(path=\S+\)\n$/,
  ],
  "there is no configuration": [
    (hv) => hv.host.text(["rm", CONFIG_PATH]),
    /^error: Cannot read the configuration \S+: there is no such file; .+; no bridge gets a proxy\n$/,
  ],
  "the configuration is not YAML": [
    (hv) => hv.configure(":tproxy: [\n"),
    /^error: \S+:\d+:\d+: not YAML: .+; no bridge gets a proxy\n$/,
  ],
};

for (const [what, [make, says]] of Object.entries(UNUSED)) {
  Deno.test(
    `pre fails no deploy when ${what}`,
    inLab(async (lab) => {
      const hv = await hypervisor(lab);
      await make(hv);
      const { code, stderr } = await hv.hook(["pre"], vm(["br0", "7"], ["onebr.12", "12"]));
      assert.equal(code, 0, stderr);
      assert.match(stderr, says);
      assert.deepEqual(await proxied(hv), []);
    }),
  );
}

Deno.test(
  "clean leaves a bridge to its other guests, and the last one's takes it down",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const input = vm(["br0", "7"], ["onebr.12", "12"]);
    await hv.hook(["pre"], input);
    // The VM's own port may still be there, and an uplink is no guest, even if it is a veth end.
    await addPort(hv, "one-42-0", "br0");
    await addPort(hv, "uplink0", "br0");
    await addPort(hv, "uplink1", "br0", "vxlan id 12 dstport 4789 dev eth0");
    await addPort(hv, "one-7-0", "br0");
    const first = await hv.hook(["clean"], input);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /^info: Other guests are on it: it keeps its proxy \(bridge=br0, ports=one-7-0\)$/m);
    assert.deepEqual(await proxied(hv), ["br0"]);
    await hv.host.ip("link delete dev one-7-0");
    const last = await hv.hook(["clean"], input);
    assert.equal(last.code, 0, last.stderr);
    assert.deepEqual(await proxied(hv), []);
    assert.equal((await hv.hook(["clean"], input)).code, 0);
  }),
);

Deno.test(
  "detaching a NIC takes its bridge down, and leaves the bridges of the running VM's other NICs",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.hook(["pre"], base64(sample));
    // The driver's "post" has put the ports there; the detached NIC's is gone when its "clean" runs.
    await addPort(hv, "one-57-0", "br0");
    const { code, stderr } = await hv.hook(["clean"], withAttach(sample, "NIC", "1"));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await proxied(hv), ["br0"]);
    await addPort(hv, "one-57-1", "onebr.12");
    await hv.hook(["pre"], withAttach(sample, "NIC", "1"));
    await hv.hook(["clean"], withAttach(sample, "NIC", "0"));
    assert.deepEqual(await proxied(hv), ["onebr.12"]);
  }),
);

Deno.test(
  "detaching one of two NICs on a bridge leaves it to the other",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const both = sample.replace("[onebr.12]]></BRIDGE>", "[br0]]></BRIDGE><TARGET>one-57-1</TARGET>");
    await hv.hook(["pre"], base64(both));
    await addPort(hv, "one-57-0", "br0");
    const { stderr } = await hv.hook(["clean"], withAttach(both, "NIC", "1"));
    assert.match(stderr, /^info: Other guests are on it: it keeps its proxy \(bridge=br0, ports=one-57-0\)$/m);
    assert.deepEqual(await proxied(hv), ["br0"]);
  }),
);

for (const [element, id] of [["NIC_ALIAS", "2"], ["PCI", "4"]] as const) {
  Deno.test(
    `attaching and detaching a ${element} leaves every bridge as it is`,
    inLab(async (lab) => {
      const hv = await hypervisor(lab);
      const input = withAttach(sample, element, id);
      const { code, stderr } = await hv.hook(["pre"], input);
      assert.equal(code, 0, stderr);
      assert.deepEqual(await proxied(hv), []);
      await hv.hook(["pre"], base64(sample));
      assert.equal((await hv.hook(["clean"], input)).code, 0);
      assert.deepEqual(await proxied(hv), ["br0", "onebr.12"]);
    }),
  );
}

Deno.test(
  "attaching a NIC sets up its bridge alone, and its failure is the action's",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.host.ip("link delete dev br0");
    const { code, stderr } = await hv.hook(["pre"], withAttach(sample, "NIC", "1"));
    assert.equal(code, 0, stderr);
    assert.deepEqual(await proxied(hv), ["onebr.12"]);
    const failed = await hv.hook(["pre"], withAttach(sample, "NIC", "0"));
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /^error: There is no bridge br0; .+ \(nic=0, bridge=br0\)$/m);
  }),
);

Deno.test(
  "attaching a NIC serves its bridge, and touches neither the rules nor the proxy of the VM's other bridge",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, `:tproxy_debug_level: 3\n${CONFIG}`);
    await hv.hook(["pre"], withAttach(sample, "NIC", "0"));
    // Handles and log tell whether something was made again, or told to read its routes again.
    const touched = async () => [
      await hv.host.text(["sh", "-c", "nft -a list table bridge one_tproxy | grep -A9 'chain [a-z]*_br0 '"]),
      await hv.host.text(["nft", "-a", "list", "map", "ip", "one_tproxy", "ep_br0"]),
      await hv.host.text(["ip", "link", "show", "dev", "br0b"]),
      await hv.host.text(["cat", "/var/log/one_tproxy_br0.log"]),
      (await hv.status()).get("one_tproxy_br0"),
    ];
    const before = await touched();
    assert.match(String(before[0]), /handle \d+/);
    const attach = withAttach(sample, "NIC", "1");
    const { code, stderr } = await hv.hook(["pre"], attach);
    assert.equal(code, 0, stderr);
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0", "one_tproxy_onebr.12"]);
    assert.deepEqual(await touched(), before);
    await hv.hook(["clean"], attach);
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0"]);
    assert.deepEqual(await touched(), before);
  }),
);

Deno.test(
  "pre starts the proxies of all bridges of a VM, and clean ends them",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const input = vm(["br0", "7"], ["onebr.12", "12"]);
    assert.match((await hv.hook(["pre"], input)).stderr, /^info: Started \(title=one_tproxy_onebr\.12,/m);
    assert.deepEqual([...(await hv.status()).keys()], ["one_tproxy", "one_tproxy_br0", "one_tproxy_onebr.12"]);
    assert.equal((await hv.hook(["clean"], input)).code, 0);
    await until("no proxy is left", async () => (await hv.status()).size === 0);
  }),
);

Deno.test(
  "pre fails the deploy when a proxy can't be started, and clean fails nothing when none can be ended",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.host.write("/run/nothing", "");
    await hv.host.text(["mount", "--bind", "/run/nothing", "/usr/bin/ps"]);
    const input = vm(["br0", "7"]);
    const pre = await hv.hook(["pre"], input);
    assert.equal(pre.code, 1, pre.stderr);
    assert.match(pre.stderr, /^info: The bridge is set up .*^error: Cannot run \/usr\/bin\/ps: it is not installed/ms);
    const clean = await hv.hook(["clean"], input);
    assert.equal(clean.code, 0, clean.stderr);
    assert.match(clean.stderr, /^error: Cannot run \/usr\/bin\/ps: it is not installed/m);
    await hv.host.text(["umount", "/usr/bin/ps"]);
    assert.deepEqual(await proxied(hv), []);
  }),
);

Deno.test(
  "clean leaves a bridge to a guest that comes while it waits",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const input = vm(["br0", "7"], ["onebr.12", "12"]);
    await hv.hook(["pre"], input);
    const clean = await hv.startHook(["clean"], input);
    await until("it has looked once", () => Promise.resolve(clean.output.includes("in a moment")));
    await addPort(hv, "one-8-0", "br0");
    assert.equal(await clean.ended(), 0, clean.output);
    assert.match(clean.output, /^info: No other guest is on it: .+ \(bridge=br0 onebr\.12\)$/m);
    assert.deepEqual(await proxied(hv), ["br0"]);
  }),
);

Deno.test(
  "clean leaves a bridge to a VM that starts so slowly that its port comes later, until that VM has gone",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const [first, second] = [vmOf(42, ["br0", "7", "10.0.0.2"]), vmOf(43, ["br0", "7", "10.0.0.3"])];
    for (const input of [first, second]) {
      const { code, stderr } = await hv.hook(["pre"], input);
      assert.equal(code, 0, stderr);
    }
    const { stderr } = await hv.hook(["clean"], first);
    assert.match(stderr, /^info: A VM that is starting will be on it: it keeps its proxy \(bridge=br0, vm=43\)$/m);
    assert.deepEqual(await proxied(hv), ["br0"]);
    await hv.hook(["clean"], second);
    assert.deepEqual(await proxied(hv), []);
  }),
);

Deno.test(
  "clean leaves a bridge alone that another VM's driver has made again while it waits for the lock",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const input = base64(sample);
    await hv.hook(["pre"], input);
    await hv.host.ip("link delete dev br0", "link delete dev onebr.12");
    let clean;
    {
      await using _lock = await holdLock(hv.host, RUN_FILES.setupLock);
      clean = await hv.startHook(["clean"], input);
      await until("it waits", async () => (await lockWaiters(hv.host, RUN_FILES.setupLock)).length > 0);
      await hv.bridge("br0");
      await addPort(hv, "one-8-0", "br0");
    }
    assert.equal(await clean.ended(), 0, clean.output);
    assert.deepEqual(await proxied(hv), ["br0"]);
  }),
);

Deno.test(
  "clean waits for nobody where the bridge is gone, and needs no configuration",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    const input = vm(["br0", "7"]);
    await hv.hook(["pre"], input);
    await hv.host.ip("link delete dev br0");
    await hv.host.text(["rm", CONFIG_PATH]);
    const { code, stderr } = await hv.hook(["clean"], input);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /in a moment/);
    assert.deepEqual(await proxied(hv), []);
  }),
);

for (const program of ["nft", "ip"]) {
  Deno.test(
    `clean reports that ${program} is missing, and fails no VM for it`,
    inLab(async (lab) => {
      const hv = await hypervisor(lab);
      const input = vm(["br0", "7"]);
      await hv.hook(["pre"], input);
      await hv.host.write("/run/nothing", "");
      await hv.host.text(["mount", "--bind", "/run/nothing", `/usr/sbin/${program}`]);
      const { code, stderr } = await hv.hook(["clean"], input);
      await hv.host.text(["umount", `/usr/sbin/${program}`]);
      assert.equal(code, 0, stderr);
      assert.match(stderr, new RegExp(`^error: Cannot run /usr/sbin/${program}: it is not installed`, "m"));
      assert.deepEqual(await proxied(hv), ["br0"]);
    }),
  );
}

const MALFORMED: Readonly<Record<string, [input: string, says: RegExp]>> = {
  "nothing": ["", /Standard input is empty; give it the VM's XML/],
  "no base64": ["<VM></VM>\n", /Standard input is not one line of base64; /],
  "base64 in many lines": [base64(sample).replaceAll(/.{76}/g, "$&\n"), /not one line of base64; .*base64 -w0/],
  "base64 of no text": ["//79/w==\n", /Standard input is base64, but not of text in UTF-8; /],
  "10 MB": [base64(`<VM><TEMPLATE>${" ".repeat(10_000_000)}</TEMPLATE></VM>`), /Standard input is longer than 1 MiB; /],
  "XML that is cut off": [base64(sample.slice(0, 1000)), /Cannot read the VM's XML: .+; /],
  "an entity": [
    base64('<!DOCTYPE VM [<!ENTITY b "br0">]><VM><TEMPLATE><NIC><BRIDGE>&b;</BRIDGE></NIC></TEMPLATE></VM>'),
    /Cannot read the VM's XML: line 1: it has a DOCTYPE, which is refused; /,
  ],
  "an external reference": [
    base64('<!DOCTYPE VM SYSTEM "file:///etc/passwd"><VM><TEMPLATE></TEMPLATE></VM>'),
    /Cannot read the VM's XML: line 1: it has a DOCTYPE, which is refused; /,
  ],
  "XML of something else": [base64("<VNET><TEMPLATE/></VNET>"), /The XML is not a VM's: it has no VM\/TEMPLATE; /],
};

for (const [what, [input, says]] of Object.entries(MALFORMED)) {
  Deno.test(
    `pre and clean refuse ${what} in one line, and leave everything as it is`,
    inLab(async (lab) => {
      const hv = await hypervisor(lab);
      await hv.up("onebr.12");
      for (const args of [["pre"], ["clean"]]) {
        const start = performance.now();
        const { code, stdout, stderr } = await hv.hook(args, input);
        assert.ok(performance.now() - start < 60_000);
        assert.deepEqual([code, stdout], [1, ""], stderr);
        assert.match(stderr, /^tproxy-setup: error: [^\n]+\n$/);
        assert.match(stderr, says);
        assert.deepEqual(await proxied(hv), ["onebr.12"]);
      }
    }),
  );
}

Deno.test(
  "the task's launcher hands standard input on",
  inLab(async (lab) => {
    const hv = await hypervisor(lab);
    await hv.host.write("/run/vm.base64", base64(sample));
    const run = [`--allow-run=${Deno.execPath()}`, "--allow-env=INIT_CWD", "--allow-sys=uid"];
    const flags = ["--no-prompt", "--cached-only", ...run, "--allow-read=.build", "--allow-write=.build"];
    const launcher = [Deno.execPath(), "run", "--quiet", ...flags, "packaging/run_checkout.ts", "setup", "hook", "pre"];
    await hv.host.text(["sh", "-c", '"$@" </run/vm.base64', "sh", ...launcher]);
    assert.deepEqual(await proxied(hv), ["br0", "onebr.12"]);
  }),
);
