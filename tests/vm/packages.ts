/**
 * Debian packages that a virtual machine is made of: downloaded and unpacked in the checkout, not installed.
 *
 * @module
 */

import { run } from "../../packaging/command.ts";

const DIR = new URL("../../.build/vm/", import.meta.url).pathname;

/** The package that depends on the newest kernel for clouds. */
const KERNEL = "linux-image-cloud-amd64";

/** Finds the package that holds the kernel. */
export async function kernelPackage(): Promise<string> {
  const depends = await must(["apt-cache", "depends", "--important", KERNEL]);
  const [, name] = /^\s*Depends: (linux-image-\S+-cloud-amd64)$/m.exec(depends) ?? [];
  if (name === undefined) throw new Error(`${KERNEL} depends on no kernel: ${depends}`);
  return name;
}

/**
 * Downloads a package and unpacks it, unless that has been done.
 *
 * @returns The folder that it is in.
 * @throws {Error} If there is no such package, or it can't be had; the message is one line that says what helps.
 */
export async function unpack(name: string): Promise<string> {
  const folder = `${DIR}${name}`;
  if (await exists(folder)) return folder;
  console.log(`Downloading with apt-get, not installing: ${name}`);
  const next = `${folder}.next`;
  await must(["rm", "-rf", next]);
  await Deno.mkdir(`${next}/deb`, { recursive: true });
  await must([`--chdir=${next}/deb`, "apt-get", "--quiet", "download", name]);
  for await (const file of Deno.readDir(`${next}/deb`)) await must(["dpkg", "-x", `${next}/deb/${file.name}`, next]);
  await must(["rm", "-r", `${next}/deb`]);
  // An incomplete package must not be taken for a complete one.
  await Deno.rename(next, folder);
  return folder;
}

/** Runs a program that has to succeed, as `env` finds it and with options of `env` in front of it. */
export async function must(argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["/usr/bin/env", ...argv]);
  if (code === 0) return stdout;
  const why = (stderr.trim() || stdout.trim()).replaceAll("\n", " | ");
  throw new Error(`${argv.join(" ")} exited with ${code}: ${why}; as root, run "apt-get update" and try again`);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
