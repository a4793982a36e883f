/**
 * systemd as the first process of a process namespace on a host of the lab, with no unit but targets and what a test
 * adds.
 *
 * @module
 */

import { type Background, type Result, until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/**
 * What an ordinary service depends on. The machine's own units would reach beyond the lab, by its sysctls for example.
 */
const TARGETS = ["basic", "multi-user", "network", "network-online", "shutdown", "sysinit"];

/**
 * A control group for systemd to make its own in, of the name `$1`; where there are two kinds of hierarchies it wants
 * one of each. The machine's other labs see the same groups, and two systemds in one would end each other's processes.
 */
const GROUPS = `name=$1
join() {
  mkdir -p /run/groups/$1; mount -t "$2" -o "$3" none /run/groups/$1
  group=/run/groups/$1$(sed -n "s/^[0-9]*:$4://p" /proc/self/cgroup)/$name
  mkdir -p "$group"; echo $$ >"$group/cgroup.procs"
}
join unified cgroup2 rw ''
if grep -q :name=systemd: /proc/self/cgroup; then join named cgroup none,name=systemd name=systemd; fi`;

const UNITS = `mkdir /run/units; for target do cp /usr/lib/systemd/system/$target.target /run/units; done
mount --bind /run/units /usr/lib/systemd/system
mount -t tmpfs -o mode=755 tmpfs /etc/systemd; mkdir /etc/systemd/system; : >/etc/fstab; rm -rf /etc/init.d
echo 0123456789abcdef0123456789abcdef >/etc/machine-id`;

/** What it does in the mount namespace that systemd gets: a /dev of its own, and a /sys that udev keeps away from. */
const START = `mount -o remount,bind,ro /sys; mkdir /run/dev; mount -t tmpfs -o mode=755 tmpfs /run/dev
for node in null zero full random urandom; do touch /run/dev/$node; mount --bind /dev/$node /run/dev/$node; done
mount --move /run/dev /dev
exec env -i container=lab PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --unit=multi-user.target --log-target=console`;

/** A systemd that runs. */
export class Systemd implements AsyncDisposable {
  readonly #host: Host;
  readonly #starter: Background;
  readonly #pid: string;
  readonly #group: string;

  private constructor(host: Host, starter: Background, pid: string, group: string) {
    this.#host = host;
    this.#starter = starter;
    this.#pid = pid;
    this.#group = group;
  }

  /** Boots it on a host that has a root of its own, made of this machine's system. */
  static async boot(host: Host): Promise<Systemd> {
    await host.text(["sh", "-e", "-c", UNITS, "sh", ...TARGETS]);
    const group = `one-tproxy-lab-${crypto.randomUUID()}`;
    const unshare = 'exec unshare --cgroup --mount --pid --fork --kill-child --mount-proc sh -e -c "$0"';
    const starter = host.start(["sh", "-e", "-c", `${GROUPS}\n${unshare}`, START, group], { inside: true });
    const pid = await until("systemd runs", async () => {
      if (await Promise.race([starter.ended(), Promise.resolve(undefined)]) !== undefined) {
        throw new Error(starter.output);
      }
      const { stdout } = await host.run(["ps", "-C", "systemd", "-o", "pid="]);
      // What it starts has its name until it is another program, and a higher ID.
      return /\d+/.exec(stdout)?.[0] ?? false;
    });
    const systemd = new Systemd(host, starter, pid, group);
    await until("systemd is up", async () => {
      const { stdout } = await systemd.run(["systemctl", "is-system-running"]);
      return /running|degraded/.test(stdout);
    }, 120).catch((error) => {
      throw new Error(`${error.message}: ${starter.output}`);
    });
    return systemd;
  }

  /** Runs a program among its mounts and processes. */
  run(argv: readonly string[]): Promise<Result> {
    return this.#host.run(["nsenter", `--target=${this.#pid}`, "--mount", "--pid", "--wdns=/", "--", ...argv]);
  }

  /** Runs a program that has to succeed. */
  async text(argv: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv);
    if (code !== 0) throw new Error(`${argv.join(" ")} exited with ${code}: ${stderr}${stdout}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#starter.signal("SIGKILL");
    await this.#host.run(["kill", "-KILL", this.#pid]);
    // The control groups are the machine's, and are empty once the kernel has reaped all processes.
    await until("its control groups are gone", async () => {
      const script = 'find /run/groups -depth -path "*/$0*" -type d -exec rmdir {} + 2>/dev/null';
      return (await this.#host.run(["sh", "-c", script, this.#group])).code === 0;
    });
  }
}
