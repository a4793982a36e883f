/**
 * `tproxy sysdump`: one archive with what a bug report needs, and nothing that others must not see.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Host } from "./lab/host.ts";
import { CONFIG, fetchFrom, GATE, inLab, served } from "./lab/scenario.ts";

const ARCHIVE = "/run/dump.tar.gz";
const TOKEN = "c2VjcmV0LXRva2Vu";

/** The texts in an archive, as tar(1) finds them, by their paths. */
async function unpack(host: Host, archive: string): Promise<Map<string, string>> {
  const paths = (await host.text(["tar", "-tzf", archive])).trim().split("\n");
  return new Map(
    await Promise.all(paths.map(async (path) => {
      return [path.replace("one-tproxy-sysdump/", ""), await host.text(["tar", "-xzOf", archive, path])] as const;
    })),
  );
}

Deno.test(
  "sysdump has what our commands and the kernel say, and the ends of the logs, for root alone",
  inLab(async (lab) => {
    const { hv, guest } = await served(lab);
    await fetchFrom(guest, "/who");
    const { code, stdout, stderr } = await hv.tproxy("sysdump", ARCHIVE);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^\/run\/dump\.tar\.gz: \d+ files, \d+ KiB; it has addresses, which --anonymize replaces\n$/);
    assert.match(await hv.host.text(["stat", "-c", "%a %U", ARCHIVE]), /^600 root$/m);
    const files = await unpack(hv.host, ARCHIVE);
    const has = (path: string, what: RegExp) => assert.match(files.get(path) ?? "missing", what, path);
    has("version.txt", /^one-tproxy \d/);
    has("doctor.txt", /^broken: watch: tproxy watch: it is not running/m);
    has("status.txt", /^one_tproxy_br0 .*5030/m);
    has("permissions.txt", /^one_tproxy_br0 \(\d+\): ok$/m);
    has("check.txt", /no problem/);
    has("run/setup-record.json", /"br0"/);
    has("kernel/nft.txt", /map ep_br0/);
    has("kernel/one_tproxy_br0-address.txt", /169\.254\.16\.9\/32/);
    has("kernel/ps.txt", /one_tproxy_br0/);
    has("log/one_tproxy.log", /"10\.11\.12\.13:5030"/);
    for (const name of ["doctor", "status", "check", "permissions"]) JSON.parse(files.get(`${name}.json`) ?? "");
    assert.deepEqual([...files].filter(([, text]) => text.startsWith("cannot be had")), []);
  }),
);

Deno.test(
  "sysdump overwrites nothing, and leaves nothing half written",
  inLab(async (lab) => {
    const { hv } = await served(lab);
    await hv.host.write(ARCHIVE, "mine");
    const { code, stderr } = await hv.tproxy("sysdump", ARCHIVE);
    assert.deepEqual([code, stderr], [
      1,
      "tproxy: error: /run/dump.tar.gz is there already; name another file, or remove that one\n",
    ]);
    assert.equal(await hv.host.text(["cat", ARCHIVE]), "mine");
    await hv.host.text(["ln", "-s", "/run/elsewhere", "/run/link.tar.gz"]);
    assert.equal((await hv.tproxy("sysdump", "/run/link.tar.gz")).code, 1);
    await hv.host.text(["mount", "-t", "tmpfs", "-o", "size=4k,mode=755", "tmpfs", "/var/tmp"]);
    await hv.configure(CONFIG);
    assert.equal((await hv.tproxy("sysdump", "/var/tmp/full.tar.gz")).code, 1);
    assert.doesNotMatch(await hv.host.text(["ls", "/var/tmp", "/run"]), /full|elsewhere/);
  }),
);

Deno.test(
  "sysdump has no secrets, and with --anonymize one pseudonym for each address",
  inLab(async (lab) => {
    const { hv, guest } = await served(
      lab,
      `${CONFIG}- :service_port: 81\n  :remote_addr: gate.example\n  :remote_port: 1\n`,
    );
    await fetchFrom(guest, "/who");
    await hv.host.text(["sh", "-c", 'echo "{\\"token\\":\\"$0\\"}" >>/var/log/one_tproxy.log', TOKEN]);
    const { code, stdout } = await hv.tproxy("sysdump", "--anonymize", ARCHIVE);
    assert.equal(code, 0);
    assert.match(stdout, /^\/run\/dump\.tar\.gz: \d+ files, \d+ KiB\n$/);
    const files = await unpack(hv.host, ARCHIVE);
    const all = [...files.values()].join("\n");
    const mac = /link\/ether (\S+)/.exec(await guest.text(["ip", "link", "show", "eth0"]))?.[1] ?? "";
    for (const secret of [GATE, "192.168.150.10", "10.11.12.1", mac, TOKEN, "gate.example"]) {
      assert.ok(secret !== "" && !all.includes(secret), secret);
    }
    assert.ok(all.includes("169.254.16.9"));
    const [service] = /198\.18\.\d+\.\d+(?=:5030)/.exec(files.get("doctor.txt") ?? "") ?? [""];
    assert.ok(service !== "" && files.get("log/one_tproxy.log")?.includes(`"${service}:5030"`), service);
  }),
);
