/**
 * The programs that the lab needs, and how they get onto a machine that lacks them.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";

/** A program, and the Debian and Ubuntu package that brings it. */
type Tools = Readonly<Record<string, string>>;

/** What the lab itself and the demo need. */
export const DEMO_TOOLS: Tools = {
  "/usr/sbin/ip": "iproute2",
  "/usr/sbin/nft": "nftables",
  "/usr/sbin/sysctl": "procps",
  "/usr/bin/ps": "procps",
  "/usr/bin/curl": "curl",
  "/usr/sbin/nginx": "nginx-light",
};

/** What the tests need beyond that. */
export const TEST_TOOLS: Tools = {
  ...DEMO_TOOLS,
  "/usr/bin/arping": "iputils-arping",
  "/usr/sbin/hping3": "hping3",
  "/usr/bin/iperf3": "iperf3",
  "/usr/bin/ping": "iputils-ping",
  "/usr/bin/socat": "socat",
  "/usr/bin/tcpdump": "tcpdump",
  "/usr/sbin/haproxy": "haproxy",
  "/usr/bin/lintian": "lintian",
  "/usr/bin/man": "man-db",
  "/usr/bin/mandoc": "mandoc",
  "/usr/bin/mmdebstrap": "mmdebstrap",
  "/usr/bin/perl": "perl-base",
  "/usr/bin/rpmbuild": "rpm",
  "/usr/bin/ruby": "ruby",
  "/usr/bin/shellcheck": "shellcheck",
  "/usr/bin/ssh-keygen": "openssh-client",
  "/usr/bin/sudo": "sudo",
  "/usr/bin/prometheus-node-exporter": "prometheus-node-exporter",
  "/usr/bin/promtool": "prometheus",
  "/usr/bin/systemd-analyze": "systemd",
  "/usr/bin/tmux": "tmux",
  "/usr/bin/zsh": "zsh",
  "/usr/sbin/logrotate": "logrotate",
};

/** What the tests with virtual machines need beyond the demo. */
export const VM_TOOLS: Tools = {
  ...DEMO_TOOLS,
  "/usr/bin/genisoimage": "genisoimage",
  "/usr/bin/mmdebstrap": "mmdebstrap",
  "/usr/bin/qemu-system-x86_64": "qemu-system-x86",
  "/usr/bin/socat": "socat",
};

/** What the benchmark needs beyond the demo. */
export const BENCH_TOOLS: Tools = {
  ...DEMO_TOOLS,
  "/usr/bin/iperf3": "iperf3",
  "/usr/bin/socat": "socat",
  "/usr/bin/wrk": "wrk",
  "/usr/sbin/haproxy": "haproxy",
};

/** Debian's interface by which an administrator keeps packages from starting their services: the lab starts its own. */
const POLICY = "/usr/sbin/policy-rc.d";

/** Finds the packages that a machine lacks. */
async function missingPackages(tools: Tools): Promise<string[]> {
  const missing = new Set<string>();
  for (const [path, debian] of Object.entries(tools)) {
    try {
      await Deno.stat(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      missing.add(debian);
    }
  }
  return [...missing].toSorted();
}

/**
 * Installs what a machine lacks, and says so.
 *
 * @throws {Error} If it can't be installed; the message is one line that names what is needed.
 */
export async function ensureTools(tools: Tools, isRoot: boolean): Promise<void> {
  const packages = await missingPackages(tools);
  if (packages.length === 0) return;
  const remedy = `needed but not installed: ${packages.join(" ")}; as root, run "apt-get install ${
    packages.join(" ")
  }"`;
  if (!isRoot) throw new Error(remedy);
  console.log(`Installing with apt-get: ${packages.join(" ")}`);
  const update = await aptGet("update");
  const install = await aptGet("install", "--yes", "--no-install-recommends", ...packages);
  const left = await missingPackages(tools);
  if (left.length > 0) {
    const [why] = [install, update].filter((stderr) => stderr !== "");
    throw new Error(`${remedy}. apt-get said: ${(why ?? "nothing").replaceAll("\n", " | ")}`);
  }
}

async function aptGet(...args: string[]): Promise<string> {
  const policyIsOurs = await writePolicy();
  try {
    const { code, stderr } = await run([
      "/usr/bin/env",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "--quiet",
      "-o",
      "DPkg::Lock::Timeout=120",
      ...args,
    ]);
    return code === 0 ? "" : stderr.trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "there is no apt-get";
    throw error;
  } finally {
    if (policyIsOurs) await Deno.remove(POLICY);
  }
}

async function writePolicy(): Promise<boolean> {
  try {
    await Deno.writeTextFile(POLICY, "#!/bin/sh\nexit 101\n", { createNew: true, mode: 0o755 });
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}
