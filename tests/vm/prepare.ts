/**
 * What virtual machines boot: a kernel, and an initramfs with busybox, drivers, and what each kind of machine starts.
 *
 * @module
 */

import { kernelPackage, must, unpack } from "./packages.ts";

const DIR = new URL("../../.build/vm/", import.meta.url).pathname;
const INIT = new URL("init/", import.meta.url).pathname;

/** The kernel. */
export const KERNEL = `${DIR}vmlinuz`;

/** What it unpacks in memory. */
export const INITRAMFS = `${DIR}initramfs.gz`;

/** Its busybox, which runs on any Linux. */
export const BUSYBOX = `${DIR}root/bin/busybox`;

/** The kinds of machines: for each a script `init/<kind>.sh`, and the modules that it needs. */
const KINDS = {
  guest: ["virtio_pci", "virtio_net", "virtio_blk", "isofs"],
  dhcp: ["virtio_pci", "virtio_net"],
  // There is no modprobe that could load what rules and devices ask for.
  hypervisor: [
    "virtio_pci",
    "virtio_net",
    "virtio_blk",
    "isofs",
    "overlay",
    "bridge",
    "veth",
    "nft_limit",
    "nft_meta_bridge",
    "br_netfilter",
    "nft_reject_inet",
  ],
};

/** Makes both; needs the network once. */
export async function prepareMachines(): Promise<void> {
  await Deno.mkdir(DIR, { recursive: true });
  const kernel = await unpack(await kernelPackage());
  const busybox = `${await unpack("busybox-static")}/bin/busybox`;
  for await (const { name } of Deno.readDir(`${kernel}/boot`)) {
    if (name.startsWith("vmlinuz-")) await Deno.copyFile(`${kernel}/boot/${name}`, KERNEL);
  }
  const root = `${DIR}root`;
  await must(["rm", "-rf", root]);
  for (const folder of ["bin", "dev", "disk", "drivers", "mnt", "proc", "root", "run", "sys"]) {
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
  }
  await Deno.copyFile(busybox, `${root}/bin/busybox`);
  const modules = await findModules(`${kernel}/lib/modules`);
  for (const [kind, wanted] of Object.entries(KINDS)) {
    await Deno.copyFile(`${INIT}${kind}.sh`, `${root}/${kind}`);
    await Deno.chmod(`${root}/${kind}`, 0o755);
    const names = await inOrder(modules, wanted);
    for (const name of names) await Deno.copyFile(modules.get(name) ?? "", `${root}/drivers/${name}.ko`);
    await Deno.writeTextFile(`${root}/drivers/${kind}`, names.join("\n"));
  }
  const script = `find . | "$0" cpio -o -H newc | gzip -1 >"$1"`;
  await must([`--chdir=${root}`, "sh", "-e", "-c", script, busybox, INITRAMFS]);
}

/** The files of all modules below a folder, by the modules' names. */
async function findModules(folder: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) { for (const [module, file] of await findModules(path)) found.set(module, file); }
    if (name.endsWith(".ko")) found.set(name.slice(0, -".ko".length).replaceAll("-", "_"), path);
  }
  return found;
}

/** The modules and all that they depend on, each after what it depends on. */
async function inOrder(modules: ReadonlyMap<string, string>, wanted: readonly string[]): Promise<string[]> {
  const order = new Set<string>();
  for (const name of wanted) {
    const path = modules.get(name);
    if (path === undefined) throw new Error(`The kernel has no module ${name}`);
    for (const dependency of await inOrder(modules, dependenciesOf(await Deno.readFile(path)))) order.add(dependency);
    order.add(name);
  }
  return [...order];
}

/** What a module says it depends on: a section of its file holds "key=value" strings, each ended by a NUL. */
function dependenciesOf(module: Uint8Array<ArrayBuffer>): string[] {
  const [, depends = ""] = /\0depends=([^\0]*)\0/.exec(new TextDecoder("latin1").decode(module)) ?? [];
  return depends.split(",").filter(Boolean);
}
