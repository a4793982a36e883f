/**
 * The lab: hypervisors, guests on their bridges, services on a backbone that guests have no route to. Everything is
 * made of namespaces inside the one that `tests/lab/enter.ts` has entered, and ends with it.
 *
 * @module
 */

import { text } from "../../packaging/command.ts";
import { refusedOn, startAudit } from "./audit.ts";
import { Host } from "./host.ts";
import { Hypervisor } from "./hypervisor.ts";

const BACKBONE = "backbone";

/** A lab of its own for one test. */
export class Lab implements AsyncDisposable {
  readonly #hosts: Host[] = [];
  readonly #guestPorts = new Map<Host, string>();
  readonly #ports: string[] = [];
  readonly #isAudited: boolean;
  readonly #audited: Host[] = [];
  /** What a test has programs ask for although it has to be refused, for example `tproxy read /etc/other.conf`. */
  readonly expectedRefusals = new Set<string>();

  private constructor(isAudited: boolean) {
    this.#isAudited = isAudited;
  }

  /**
   * Makes an empty lab. If it is audited, our programs and proxies write down what they ask for, and the lab ends with
   * an error if any of it was refused. What is measured or shown runs without.
   */
  static async create({ isAudited = false } = {}): Promise<Lab> {
    await ip(`link add name ${BACKBONE} type bridge`, `link set dev ${BACKBONE} up`);
    return new Lab(isAudited);
  }

  /** Makes a host that is on no network. */
  async host(name: string): Promise<Host> {
    const host = await Host.create(name);
    this.#hosts.push(host);
    return host;
  }

  async #onBackbone(host: Host, address: string): Promise<void> {
    const port = `port${this.#ports.length}`;
    this.#ports.push(port);
    await ip(
      `link add name ${port} type veth peer name eth0 netns ${host.pid}`,
      `link set dev ${port} master ${BACKBONE} up`,
    );
    await host.ip(`address add ${address}/24 dev eth0`, "link set dev eth0 up");
  }

  /** Makes a hypervisor with an address on the backbone, for example 10.11.12.1. */
  async hypervisor(name: string, address: string): Promise<Hypervisor> {
    const host = await this.host(name);
    await this.#onBackbone(host, address);
    if (this.#isAudited) {
      await startAudit(host);
      this.#audited.push(host);
    }
    return new Hypervisor(host, this.#isAudited);
  }

  /** Makes a host on the backbone for services to run on. */
  async service(name: string, address: string): Promise<Host> {
    const host = await this.host(name);
    await this.#onBackbone(host, address);
    return host;
  }

  /**
   * Makes a guest on a bridge, configured as the user document says, an address and the route to 169.254.16.9; or with
   * the default route by a gateway in its place.
   */
  async guest(name: string, hypervisor: Hypervisor, bridge: string, address: string, gateway?: string): Promise<Host> {
    const guest = await this.host(name);
    const port = `one-${this.#guestPorts.size}-0`;
    await ip(`link add name eth0 netns ${guest.pid} type veth peer name ${port} netns ${hypervisor.host.pid}`);
    await hypervisor.host.ip(`link set dev ${port} master ${bridge} up`);
    this.#guestPorts.set(guest, port);
    await guest.ip(
      `address add ${address}/24 dev eth0`,
      "link set dev eth0 up",
      gateway === undefined ? "route add 169.254.16.9 dev eth0" : `route add default via ${gateway}`,
    );
    return guest;
  }

  /**
   * Moves a guest to a bridge of the same name on another hypervisor, as a live migration does: the guest stays as it
   * is.
   */
  async move(guest: Host, from: Hypervisor, to: Hypervisor, bridge: string): Promise<void> {
    const port = this.#guestPorts.get(guest) ?? "";
    // Only into the one host's network: its process namespace does not know the other host's process ID.
    const inside = ["/usr/bin/nsenter", `--target=${from.host.pid}`, "--net", "--"];
    await text([...inside, "/usr/sbin/ip", "link", "set", "dev", port, "nomaster", "netns", String(to.host.pid)]);
    await to.host.ip(`link set dev ${port} master ${bridge} up`);
  }

  /** Joins a bridge of one hypervisor with a bridge of another, as a physical network would. Each end is `cable0`. */
  async cable(one: Hypervisor, other: Hypervisor, bridge: string): Promise<void> {
    await ip(`link add name cable0 netns ${one.host.pid} type veth peer name cable0 netns ${other.host.pid}`);
    for (const { host } of [one, other]) await host.ip(`link set dev cable0 master ${bridge} up`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const refused = (await Promise.all(this.#audited.map(refusedOn))).flat()
      .filter((name) => !this.expectedRefusals.has(name));
    // The ports would go with their hosts, but not at once, and the next lab makes ports of the same names.
    await ip(...this.#ports.map((port) => `link delete dev ${port}`), `link delete dev ${BACKBONE}`);
    await Promise.all(this.#hosts.map((host) => host[Symbol.asyncDispose]()));
    if (refused.length > 0) throw new Error(`programs have asked for what they may not do: ${refused.join("; ")}`);
  }
}

async function ip(...lines: string[]): Promise<void> {
  await text(["/usr/sbin/ip", "-batch", "-"], lines.join("\n"));
}
