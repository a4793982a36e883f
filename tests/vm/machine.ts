/**
 * Virtual machines, as a network driver and libvirt run them: a tap device on a bridge, and QEMU.
 *
 * @module
 */

import { type Background, until } from "../../packaging/command.ts";
import type { Host } from "../lab/host.ts";
import { INITRAMFS, KERNEL } from "./prepare.ts";

/** What a virtual machine is made of. */
export interface Hardware {
  /** Its number; its port on a bridge is `one-<id>-0`. */
  readonly id: number;
  /** Its network interface's address. */
  readonly mac: string;
  /** MiB. */
  readonly memory: number;
  /** How many processors. */
  readonly processors: number;
  /** The image of its only disk, on the host that QEMU runs on; missing if it has none. */
  readonly disk?: string;
  /** What its kernel starts, in the initramfs. */
  readonly init: string;
}

/**
 * Makes the image of a disk.
 *
 * @param rack The host that QEMU runs on.
 * @param label The disk's label.
 * @param files What it holds: files by their paths, and folders or files of the machine, `PATH=MACHINE'S PATH`.
 * @returns Where it is on the host.
 */
export async function makeDisk(
  rack: Host,
  label: string,
  files: Readonly<Record<string, string>>,
  ...grafts: string[]
): Promise<string> {
  const [folder, image] = [`/run/vm/${label}`, `/run/vm/${label}.iso`];
  for (const [path, content] of Object.entries(files)) await rack.write(`${folder}/${path}`, content);
  await rack.text(["genisoimage", "-quiet", "-R", "-V", label, "-o", image, "-graft-points", ...grafts, `/=${folder}`]);
  return image;
}

/** A virtual machine on one hypervisor: one that runs, or one that waits for the state of another. */
export class Machine {
  readonly #rack: Host;
  readonly #network: Host;
  readonly #tap: string;
  readonly #monitor: string;
  readonly #qemu: Background;
  #over = false;

  private constructor(rack: Host, network: Host, hardware: Hardware, incoming?: string) {
    const { id, mac, memory, processors, disk, init } = hardware;
    this.#rack = rack;
    this.#network = network;
    this.#tap = `one-${id}-0`;
    this.#monitor = `/run/vm/${network.name}.monitor`;
    this.#qemu = rack.start([
      ...["qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-machine", "pc"],
      ...["-m", `${memory}`, "-smp", `${processors}`, "-display", "none", "-nodefaults", "-no-reboot"],
      ...["-serial", "stdio", "-monitor", `unix:${this.#monitor},server=on,wait=off`],
      ...["-kernel", KERNEL, "-initrd", INITRAMFS, "-append", `console=ttyS0 quiet panic=-1 rdinit=${init}`],
      ...(disk === undefined ? [] : ["-drive", `file=${disk},format=raw,if=virtio,readonly=on`]),
      ...["-netdev", `tap,id=nic0,ifname=${this.#tap},script=no,downscript=no`],
      ...["-device", `virtio-net-pci,netdev=nic0,mac=${mac},romfile=`],
      ...(incoming === undefined ? [] : ["-incoming", `tcp:${incoming}`]),
      // QEMU has threads, so it has to be in its own process namespace.
    ], { inside: true, network });
    this.#qemu.ended().then(() => this.#over = true);
  }

  /**
   * Starts a virtual machine.
   *
   * @param rack The host that QEMU runs on: it has this machine's programs.
   * @param network The host whose network it is in.
   * @param bridge The bridge that it is on.
   * @param hardware What it is made of.
   * @param incoming Where it waits for another's state, `ADDRESS:PORT`, in place of booting.
   */
  static async start(
    rack: Host,
    network: Host,
    bridge: string,
    hardware: Hardware,
    incoming?: string,
  ): Promise<Machine> {
    const tap = `one-${hardware.id}-0`;
    await network.ip(`tuntap add dev ${tap} mode tap`, `link set dev ${tap} master ${bridge} up`);
    const machine = new Machine(rack, network, hardware, incoming);
    // It listens for commands early, but answers only when it also listens for another machine's state.
    await machine.#until("QEMU answers", 30, async () => {
      return (await rack.run(["test", "-S", machine.#monitor])).code === 0 &&
        await machine.#command("info status") !== "";
    });
    return machine;
  }

  /** What it has printed on its console here, and what QEMU has. */
  get console(): string {
    return this.#qemu.output.replaceAll("\r", "");
  }

  /** What it has printed in a line `NAME=[WHAT]`; nothing if there is none. */
  said(name: string): string | undefined {
    return new RegExp(`^${name}=\\[([^\\]]*)\\]$`, "m").exec(this.console)?.[1];
  }

  /** Waits until it has printed something on its console here. */
  async printed(what: RegExp, seconds: number): Promise<void> {
    await this.#until(`the console says ${what}`, seconds, () => Promise.resolve(what.test(this.console)));
  }

  /** Moves it, while it runs, to where another waits, and ends here. */
  async migrate(to: string): Promise<void> {
    await this.#command(`migrate -d tcp:${to}`);
    await this.#until("the virtual machine has moved", 60, async () => {
      const info = await this.#command("info migrate");
      if (info.includes("Migration status: failed")) throw new Error(info);
      return info.includes("Migration status: completed");
    });
    await this.stop();
  }

  /** Ends it as it is, and removes its port from the bridge. */
  async stop(): Promise<void> {
    await this.#command("quit");
    await this.#qemu.ended();
    await this.#network.ip(`link delete dev ${this.#tap}`);
  }

  /** Waits for a condition; if that is in vain, or QEMU ends, the error has what the console says. */
  async #until(what: string, seconds: number, condition: () => Promise<boolean>): Promise<void> {
    try {
      await until(what, async () => {
        if (await condition()) return true;
        if (this.#over) throw new Error("QEMU has ended");
        return false;
      }, seconds);
    } catch (cause) {
      throw new Error(`The console says: ${this.console}`, { cause });
    }
  }

  /** Has QEMU do something, and returns what it says. */
  async #command(line: string): Promise<string> {
    const said = await this.#rack.text(["socat", "-t", "10", "-", `UNIX-CONNECT:${this.#monitor}`], `${line}\n`);
    // A greeting, an echo of the command, the answer, and a prompt.
    return said.replaceAll("\r", "").split("\n").slice(2, -1).join("\n");
  }
}
