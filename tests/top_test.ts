/**
 * `tproxy top` at a real terminal, tmux's, which shows what is on the screen and whether it is left as it was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { clientState, makeCrowd, startClient, startService } from "./faults/crowd.ts";
import type { Hypervisor } from "./lab/hypervisor.ts";
import { entry, inLab } from "./lab/scenario.ts";
import { linesOf, pictureOfTerminal } from "./lab/terminal_picture.ts";
import { vmOf } from "./lab/vm.ts";

const CONTROL_DIR = "/run/one_tproxy/written-by-proxies/control-sockets-for-root";

/** A terminal on a hypervisor, with a shell. */
class Terminal {
  readonly #hv: Hypervisor;

  private constructor(hv: Hypervisor) {
    this.#hv = hv;
  }

  static async open(hv: Hypervisor): Promise<Terminal> {
    const terminal = new Terminal(hv);
    const top = hv.tproxyArgv("top").map((word) => `'${word}'`).join(" ");
    const script = `stty -a >/run/before
sh -c 'echo $$ >/run/top.pid; exec "$@"' sh ${top}
echo "ended by $1 with $?"
stty -a >/run/after
`;
    await hv.host.write("/run/once.sh", script);
    await hv.host.write("/run/tmux.conf", "set -g status off\n");
    await terminal.tmux("-f", "/run/tmux.conf", "new-session", "-d", "-x", "90", "-y", "20", "sh");
    return terminal;
  }

  async tmux(...args: string[]): Promise<string> {
    return await this.#hv.host.text(["env", "TERM=xterm", "LC_ALL=C.UTF-8", "tmux", "-S", "/run/tmux.socket", ...args]);
  }

  async press(...keys: string[]): Promise<void> {
    await this.tmux("send-keys", ...keys);
  }

  async shows(pattern: RegExp): Promise<string> {
    let screen = "";
    return await until(`the terminal shows ${pattern}`, async () => {
      screen = await this.tmux("capture-pane", "-p");
      return pattern.test(screen) && screen;
    }).catch((error) => {
      throw new Error(`${error.message}:\n${screen}`);
    });
  }

  /** Whether the alternate screen is on, and whether the cursor is. */
  async modes(): Promise<string> {
    return (await this.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag}")).trim();
  }

  /** Starts top, ends it, and looks whether all is as before. */
  async run(name: string, end: () => Promise<unknown>, code: number): Promise<void> {
    await this.press(`sh /run/once.sh ${name}`, "Enter");
    await this.shows(/^br0 +1 /m);
    assert.equal(await this.modes(), "1 0", name);
    await end();
    const screen = await this.shows(new RegExp(`^ended by ${name} with ${code}$`, "m"));
    assert.ok(screen.includes(`sh /run/once.sh ${name}`), `what was typed before is there again:\n${screen}`);
    assert.equal(await this.modes(), "0 1", name);
    const [before, after] = await Promise.all(
      ["before", "after"].map((when) =>
        until("stty has written it", async () => (await this.#hv.host.run(["cat", `/run/${when}`])).stdout || undefined)
      ),
    );
    // Its size is not top's to change.
    const settingsOf = (stty = "") => stty.replace(/ rows \d+; columns \d+;/, "");
    assert.match(settingsOf(before), / icanon /);
    assert.equal(settingsOf(after), settingsOf(before), name);
    await this.#hv.host.text(["rm", "/run/after"]);
  }
}

async function makeTalk(lab: Parameters<typeof makeCrowd>[0]) {
  const crowd = await makeCrowd(lab, { entries: entry(7) });
  await startService(crowd.gate, 7, "echo");
  const client = startClient(crowd.guest, { port: 7, count: 1, how: "echo" });
  await clientState(client, "it is served", ({ answers }) => answers > 0);
  return crowd.hv;
}

Deno.test(
  "top shows bridges with their rates, opens one, fits the screen, and leaves the terminal as it was",
  inLab(async (lab) => {
    const hv = await makeTalk(lab);
    const terminal = await Terminal.open(hv);
    await terminal.run("q", async () => {
      await terminal.shows(/^bridge .*\nbr0 +1 +[1-9]\S* +[1-9]\S* +0 +0 .*\nbr1 +0 +0 +0 /m);
      await terminal.press("Enter");
      await terminal.shows(
        /^tproxy top +br0 +streams: 1 .*\n\nguest .*\n192\.168\.150\.10:\d+ +7 +\d+s .* [1-9]\S* +open +-$/m,
      );
      await terminal.tmux("resize-window", "-x", "30", "-y", "8");
      await terminal.shows(/^Up\/Down select +Esc back +q qu$/m);
      await terminal.tmux("resize-window", "-x", "90", "-y", "20");
      await terminal.press("Escape");
      await terminal.shows(/^bridge .*\nbr0 +1 /m);
      await terminal.press("Down", "Right");
      await terminal.shows(/^tproxy top +br1 +streams: 0 /m);
      await terminal.press("Left");
      await terminal.shows(/^br1 +0 /m);
      await terminal.press("q");
    }, 0);
    for (const key of ["C-c", "F10"]) await terminal.run(key, () => terminal.press(key), 0);
    for (const [signal, code] of [["TERM", 143], ["HUP", 129], ["INT", 130]] as const) {
      const kill = ["sh", "-c", `kill -${signal} "$(cat /run/top.pid)"`];
      await terminal.run(signal, () => hv.host.text(kill), code);
    }
    // A folder that is a link to itself can't be read, which top does not expect.
    await terminal.run("error", async () => {
      await hv.host.text(["mv", CONTROL_DIR, `${CONTROL_DIR}.away`]);
      await hv.host.text(["ln", "-s", CONTROL_DIR, CONTROL_DIR]);
      await terminal.shows(/^tproxy: error: /m);
    }, 1);
  }),
);

Deno.test(
  "top prints one table if it is not at a terminal, and says if there is nobody to ask",
  inLab(async (lab) => {
    const hv = await makeTalk(lab);
    const { code, stdout, stderr } = await hv.tproxy("top");
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^bridge +streams .*\nbr0 +1 +[1-9]\S* +[1-9]\S* +0 +0 .*\nbr1 +0 .*\n$/);
    const { bridges, streams, ...rest } = JSON.parse((await hv.tproxy("top", "--json")).stdout);
    assert.deepEqual(rest, { omitted: 0, failures: [] });
    assert.deepEqual([bridges[0].bridge, bridges[0].streams, streams[0].guest], ["br0", 1, "192.168.150.10"]);
    assert.ok(bridges[0].upRate > 0 && streams[0].downRate > 0 && Date.parse(streams[0].since) > 0);
    await hv.control("stop");
    const stopped = await hv.tproxy("top");
    assert.match(stopped.stderr, /^no outer proxy that can be asked runs/);
  }),
);

/** A picture's lines without what differs from run to run. */
function stable(lines: readonly string[]): string[] {
  return lines.map((line) =>
    line.replaceAll(/\d+:\d\d:\d\d|:\d+|\d+(?:\.\d+)?(?:[KMs]|ms)?/g, "…").replaceAll(/ +/g, " ")
  );
}

Deno.test(
  "the picture in docs/ shows what top shows",
  inLab(async (lab) => {
    const { hv, guest, gate, neighbour, stranger } = await makeCrowd(lab, { entries: entry(7) });
    await startService(gate, 7, "echo");
    await hv.hook(["pre"], vmOf(42, ["br0", "7", "192.168.150.10"]));
    await hv.hook(["pre"], vmOf(57, ["br0", "7", "192.168.150.11"]));
    await hv.control("reload");
    const clients = [
      startClient(guest, { port: 7, count: 2, how: "verified", everyMs: 200 }),
      startClient(neighbour, { port: 7, count: 1, how: "verified", everyMs: 20 }),
      startClient(stranger, { port: 7, count: 3, how: "verified" }),
    ];
    startClient(stranger, { port: 5030, count: 1, how: "churn", everyMs: 50 });
    for (const client of clients) await clientState(client, "it is served", ({ answers }) => answers > 0);
    const terminal = await Terminal.open(hv);
    await terminal.tmux("resize-window", "-x", "90", "-y", "9");
    await terminal.press("sh /run/once.sh picture", "Enter");
    await terminal.shows(/^br0 +3 +[1-9].* -\nbr1 +[34] +[1-9].*ms$/m);
    const first = await terminal.tmux("capture-pane", "-p", "-e");
    await terminal.press("Enter");
    await terminal.shows(/open +57\n(?:.* open +42\n){2}/);
    const second = await terminal.tmux("capture-pane", "-p", "-e");
    await terminal.press("q");
    const picture = pictureOfTerminal("tproxy top", `${first}\n[Enter]\n${second}`);
    await hv.host.write(new URL("../.build/top.svg", import.meta.url).pathname, picture);
    const shown = await Deno.readTextFile(new URL("../docs/top.svg", import.meta.url));
    assert.deepEqual(stable(linesOf(shown)), stable(linesOf(picture)), "copy .build/top.svg to docs/");
  }),
);
