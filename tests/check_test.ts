/**
 * `tproxy check`, and `setup` with a configuration that is hard to read or a resolver that does not answer.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../lib/limits.ts";
import { DEFAULT_CONFIG_PATH } from "../lib/paths.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import type { Lab } from "./lab/lab.ts";
import { CONFIG, inLab } from "./lab/scenario.ts";

/** An entry of three lines and maybe more. */
function entry(servicePort: unknown, remoteAddr: string, ...more: string[]): string {
  const lines = [`:service_port: ${servicePort}`, `:remote_addr: ${remoteAddr}`, ":remote_port: 80", ...more];
  return `- ${lines.join("\n  ")}\n`;
}

/** Makes a hypervisor with br0 and exactly these bytes as its configuration. */
async function hypervisor(lab: Lab, config: string | Uint8Array): Promise<Hypervisor> {
  const hv = await lab.hypervisor("hv1", "10.11.12.1");
  await hv.configure("");
  await hv.host.text(["tee", DEFAULT_CONFIG_PATH], config);
  await hv.bridge("br0");
  return hv;
}

/** Makes this the only name that the host resolves. */
async function resolveTo(hv: Hypervisor, line: string): Promise<void> {
  await hv.host.write("/run/hosts", `${line}\n`);
  await hv.host.text(["mount", "--bind", "/run/hosts", "/etc/hosts"]);
}

/** Gives the host a resolver that does not answer and does not close its descriptors. */
async function slowDown(hv: Hypervisor): Promise<void> {
  await hv.host.write("/run/getent", "#!/bin/sh\nsleep 60\n");
  await hv.host.text(["chmod", "755", "/run/getent"]);
  await hv.host.text(["mount", "--bind", "/run/getent", "/usr/bin/getent"]);
}

Deno.test(
  "check prints what is configured, for whom and where it leads, and ends with 0",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG + entry(80, "gate.example", ":networks: [7, vnet0]"));
    await resolveTo(hv, "10.11.12.99 gate.example");
    const { code, stdout, stderr } = await hv.tproxy("check");
    assert.equal(
      stdout,
      `file           ${DEFAULT_CONFIG_PATH}
debug level    3 (DEBUG)
process owner  a user of its own for each proxy (default)
limits         default

service port  remote                         networks          line
5030          10.11.12.13:5030               all               3
80            gate.example:80 (10.11.12.99)  ID 7, name vnet0  6

no problems
`,
    );
    assert.deepEqual([code, stderr], [0, ""]);
  }),
);

Deno.test(
  "check prints all problems in the file's order and ends with 1",
  inLab(async (lab) => {
    const config = ":tproxy_process_owner: nobody-at-all\n" + CONFIG + entry(70000, "10.0.0.1") +
      entry(80, "nowhere.invalid") + entry(5030, "10.0.0.1", ":networks: [7]");
    const hv = await hypervisor(lab, config);
    const { code, stdout, stderr } = await hv.tproxy("check");
    const problems = stdout.trim().split("\n").filter((line) => line.startsWith(DEFAULT_CONFIG_PATH));
    assert.deepEqual(problems.map((line) => line.slice(DEFAULT_CONFIG_PATH.length)), [
      ":1:24: :tproxy_process_owner: is nobody-at-all; expected a user of this host",
      ":7:18: :service_port: is 70000; expected a port from 1 to 65535",
      ":10:3: :remote_addr: is nowhere.invalid; expected a name that resolves to IPv4 (nowhere.invalid has no IPv4 address)",
      ":13:3: :service_port: is 5030; ignored: line 4 wins",
    ]);
    assert.match(stdout, /\n\n4 problems\n$/);
    assert.deepEqual([code, stderr], [1, ""]);
  }),
);

Deno.test(
  "check --json prints the same as one object",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG + entry(80, "gate.example", ":networks: [7, vnet0]") + entry(0, "a"));
    await resolveTo(hv, "10.11.12.99 gate.example");
    const { code, stdout, stderr } = await hv.tproxy("check", "--json");
    assert.deepEqual(JSON.parse(stdout), {
      file: DEFAULT_CONFIG_PATH,
      debugLevel: 3,
      processOwner: null,
      followConfig: true,
      limits: DEFAULT_LIMITS,
      redirect: true,
      configured: true,
      entries: [
        {
          line: 3,
          servicePort: 5030,
          remoteAddr: "10.11.12.13",
          address: "10.11.12.13",
          backups: [],
          remotePort: 5030,
          networks: [],
          options: {},
        },
        {
          line: 6,
          servicePort: 80,
          remoteAddr: "gate.example",
          address: "10.11.12.99",
          backups: [],
          remotePort: 80,
          networks: [{ id: "7" }, { name: "vnet0" }],
          options: {},
        },
      ],
      problems: [
        { line: 10, column: 18, key: ":service_port:", value: "0", advice: "expected a port from 1 to 65535" },
      ],
      remarks: [],
      kept: [],
      faults: [],
    });
    assert.deepEqual([code, stderr], [1, ""]);
  }),
);

Deno.test(
  "check shows the line that is not YAML with a caret, where setup has its one line",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, ":tproxy:\n- :service_port: 5030\n  :networks: [7, vnet0\n  :remote_port: 80\n");
    const error = `error: ${DEFAULT_CONFIG_PATH}:3:23: not YAML: `;
    const { code, stdout, stderr } = await hv.tproxy("check");
    const [line, ...context] = stderr.split("\n");
    assert.match(line ?? "", /^tproxy: .+; correct that line$/);
    assert.ok(line?.startsWith(`tproxy: ${error}`), line);
    assert.deepEqual(context, ["3 |   :networks: [7, vnet0", "  |                       ^", ""]);
    assert.deepEqual([code, stdout], [1, ""]);
    const json = await hv.tproxy("check", "--json");
    const { message, ...place } = JSON.parse(json.stdout).error;
    assert.equal(typeof message, "string");
    assert.deepEqual(place, { line: 3, column: 23, text: "  :networks: [7, vnet0" });
    assert.deepEqual([json.code, json.stderr], [1, ""]);
    const setup = await hv.setup("up", "--bridge", "br0", "--network", "vnet0");
    assert.deepEqual([setup.code, setup.stderr], [1, `${line?.replace("tproxy: ", "tproxy-setup: ")}\n`]);
  }),
);

Deno.test(
  "check finds nothing wrong with a file that has none of our keys",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, ":vlan_mtu: 1500\n");
    const { code, stdout } = await hv.tproxy("check");
    assert.match(stdout, /\nthe feature is not configured: the file has no :tproxy: key\n\nno problems\n$/);
    assert.equal(code, 0);
    assert.equal(JSON.parse((await hv.tproxy("check", "--json")).stdout).configured, false);
  }),
);

Deno.test(
  "check says in one line why a file can't be read",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG);
    await hv.host.text(["truncate", "--size=262145", DEFAULT_CONFIG_PATH]);
    const check = async () => {
      const { code, stdout, stderr } = await hv.tproxy("check");
      assert.deepEqual([code, stdout], [1, ""]);
      return stderr;
    };
    const why = `tproxy: error: Cannot read the configuration ${DEFAULT_CONFIG_PATH}`;
    assert.equal(await check(), `${why}: it is larger than 256 KiB; see that it is the right file\n`);
    await hv.host.text(["rm", DEFAULT_CONFIG_PATH]);
    assert.match(await check(), /: there is no such file; run "onehost sync -f" on the front-end\n$/);
    assert.match(JSON.parse((await hv.tproxy("check", "--json")).stdout).error.message, /there is no such file/);
    await hv.host.text(["mkdir", DEFAULT_CONFIG_PATH]);
    assert.equal(await check(), `${why}: it is not a regular file; see that it is the right file\n`);
    await hv.host.text(["rmdir", DEFAULT_CONFIG_PATH]);
    await hv.host.text(["ln", "-s", "/dev/zero", DEFAULT_CONFIG_PATH]);
    assert.match(await check(), /it is not a regular file/);
    await hv.host.text(["rm", DEFAULT_CONFIG_PATH]);
    await hv.host.text(["mkfifo", DEFAULT_CONFIG_PATH]);
    assert.match(await check(), /it is not a regular file/);
    await hv.host.text(["rm", DEFAULT_CONFIG_PATH]);
    // A socket can't be opened at all, so this shows that nothing is opened before it is known to be a file.
    const listen = "IO::Socket::UNIX->new(Local => shift, Listen => 1) or die";
    await hv.host.text(["perl", "-MIO::Socket::UNIX", "-e", listen, DEFAULT_CONFIG_PATH]);
    assert.match(await check(), /it is not a regular file/);
  }),
);

Deno.test(
  "check needs neither nft nor ip, and leaves nothing",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG);
    for (const program of ["nft", "ip"]) {
      await hv.host.text(["mount", "--bind", "/usr/bin/false", `/usr/sbin/${program}`]);
    }
    assert.equal((await hv.tproxy("check")).code, 0);
    assert.notEqual((await hv.host.run(["test", "-e", "/run/one_tproxy"])).code, 0);
  }),
);

Deno.test(
  "deno task tproxy check reads the file that it is told to",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, ":tproxy: []\n");
    await hv.host.write("/run/it's $HOME.conf", CONFIG);
    for (const option of [["--config", "/run/it's $HOME.conf"], ["--config=/run/it's $HOME.conf"]]) {
      const { code, stdout } = await hv.host.run([Deno.execPath(), "task", "--quiet", "tproxy", "check", ...option]);
      assert.match(stdout, /^file {11}\/run\/it's \$HOME\.conf\n[^]+ 10\.11\.12\.13:5030 [^]+no problems\n$/);
      assert.equal(code, 0);
    }
  }),
);

Deno.test(
  "a file in Windows' line ends and encoding is set up, with a warning about the encoding",
  inLab(async (lab) => {
    const text = `\ufeff# caf\xe9\r\n${CONFIG.replaceAll("\n", "\r\n")}`;
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    const hv = await hypervisor(lab, bytes.slice(1));
    const { stderr } = await hv.up("br0");
    assert.match(stderr, /^warning: \S+\.conf:1:6: the file is in another encoding here; expected UTF-8 throughout,/m);
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /5030 : 10\.11\.12\.13 \. 5030/);
    await hv.host.text(["tee", DEFAULT_CONFIG_PATH], `\ufeff${CONFIG}`);
    assert.deepEqual((await hv.tproxy("check")).code, 0);
  }),
);

Deno.test(
  "a resolver that does not answer costs only its entries, within seconds",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG + entry(80, "slow.example") + entry(81, "slower.example"));
    await slowDown(hv);
    const start = performance.now();
    const { stderr } = await hv.up("br0");
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 30, `${seconds} seconds`);
    for (const name of ["slow", "slower"]) {
      assert.match(
        stderr,
        new RegExp(`^warning: .+ :remote_addr: is ${name}\\.example; .+ took longer than 3000 ms`, "m"),
      );
    }
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    const checked = await hv.tproxy("check");
    assert.equal(checked.code, 1);
    assert.match(checked.stdout, /\b80 +slow\.example:80 \(does not resolve\) +all +6\n/);
    assert.match(checked.stdout, /\n2 problems\n$/);
  }),
);

Deno.test(
  "check ends with 0 if there are only remarks, and lists them apart from problems",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG.replace(":remote_port", "remote_port") + "  :colour: red\n");
    const { code, stdout } = await hv.tproxy("check");
    assert.match(stdout, /:5:3: remote_port: is no symbol; [^\n]+\n[^\n]+:6:3: :colour: is red; ignored: [^\n]+\n\n/);
    assert.match(stdout, /\n\nno problems, 2 remarks\n$/);
    assert.equal(code, 0);
    const { problems, remarks } = JSON.parse((await hv.tproxy("check", "--json")).stdout);
    assert.deepEqual([problems, remarks.map(({ line }: { line: number }) => line)], [[], [5, 6]]);
    assert.match(
      (await hv.up("br0")).stderr,
      /^warning: \S+:6:3: :colour: is red; ignored: an entry has no such key$/m,
    );
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /5030 : 10\.11\.12\.13 \. 5030/);
  }),
);

Deno.test(
  "check and setup report a misspelt key, and the entry opens nothing",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG + entry(80, "10.0.0.1", ":netwoks: [8]"));
    const advice = /:9:3: :netwoks: is \[8\]; expected the key to be :networks:$/m;
    const { code, stdout } = await hv.tproxy("check");
    assert.match(stdout, advice);
    assert.equal(code, 1);
    assert.match((await hv.up("br0")).stderr, advice);
    assert.match(await hv.host.text(["nft", "list", "ruleset"]), /elements = \{ 5030 : 10\.11\.12\.13 \. 5030 \}/);
    await hv.host.text(["tee", DEFAULT_CONFIG_PATH], CONFIG.replace(":tproxy:", ":tproxies:"));
    assert.match(
      (await hv.tproxy("check")).stdout,
      /:2:1: :tproxies: is [^\n]+; expected the key to be :tproxy:\n\n1 problem\n$/,
    );
    await hv.host.text(["tee", DEFAULT_CONFIG_PATH], "");
    const empty = await hv.tproxy("check");
    assert.match(empty.stdout, /:1:1: the file is empty; expected keys with values\n\n1 problem\n$/);
    assert.equal(empty.code, 1);
  }),
);

Deno.test(
  "check of a file that is not the hypervisor's own says nothing of a front-end",
  inLab(async (lab) => {
    const hv = await hypervisor(lab, CONFIG);
    const { code, stderr } = await hv.host.run([
      Deno.execPath(),
      "task",
      "--quiet",
      "tproxy",
      "check",
      "--config=/run/no.conf",
    ]);
    assert.equal(
      stderr,
      "tproxy: error: Cannot read the configuration /run/no.conf: there is no such file; see that it is the right path\n",
    );
    assert.equal(code, 1);
  }),
);
