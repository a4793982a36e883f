/**
 * README.md and the first guest as people use them: copied and pasted.
 *
 * @module
 */

import assert from "node:assert/strict";
import firstGuest from "../docs/first-guest.md" with { type: "text" };
import readme from "../README.md" with { type: "text" };
import settings from "../deno.json" with { type: "json" };
import { Host } from "./lab/host.ts";
import { ROOTLESS } from "./lab/rootless.ts";
import { inLab } from "./lab/scenario.ts";

/** The commands to paste. */
function commandsOf(document: string): string {
  const [, commands] = /^```sh\n([^]*?)^```$/m.exec(document) ?? [];
  assert.ok(commands !== undefined);
  return commands;
}

/** The same without a network. */
function here(commands: string): string {
  return commands.replaceAll("npx -y deno@2.9.6", Deno.execPath());
}

Deno.test(
  "the first guest without OpenNebula says hello, and no line is an error or a warning",
  { ignore: ROOTLESS },
  async () => {
    await using host = await Host.create("machine");
    // The service ends where a command fails, too: it holds the pipe that is read here.
    const script = `trap 'kill "$service" || true' EXIT\n${here(commandsOf(firstGuest))}trap - EXIT\n`;
    const { code, stdout, stderr } = await host.run(["sh", "-e", "-c", script]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^hello$/m);
    assert.doesNotMatch(stderr, /error|warning|cannot|denied|not found/i);
    assert.match(stderr, /^info: The bridge is set up \(bridge=try0, ports=80,/m);
    assert.match(stderr, /^info: No network has a proxy: nothing runs$/m);
    assert.equal(await host.text(["ip", "netns", "list"]), "");
    assert.notEqual((await host.run(["test", "-e", "/run/try0.conf"])).code, 0);
  },
);

Deno.test(
  "a relative --config means the folder in which the command is typed",
  inLab(async (lab) => {
    const { host } = await lab.hypervisor("hv1", "10.11.12.1");
    await host.write("/run/here/a.conf", ":tproxy: []\n");
    // The lab itself was entered by a task, which has told where that was called.
    const inFolder = ["env", "--unset=INIT_CWD", "--chdir=/run/here"];
    const task = [
      ...inFolder,
      Deno.execPath(),
      "task",
      "--quiet",
      "--config",
      new URL("../deno.json", import.meta.url).pathname,
    ];
    for (const program of [["tproxy", "check", "--config", "a.conf"], ["tproxy", "check", "--config=../here/a.conf"]]) {
      const { code, stdout, stderr } = await host.run([...task, ...program]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^file {11}\/run\/here\/a\.conf\n/);
    }
    const up = ["setup", "up", "--bridge", "br0", "--network", "a", "--config", "b.conf"];
    const { stderr } = await host.run([...task, ...up]);
    assert.match(
      stderr,
      /^tproxy-setup: error: Cannot read the configuration \/run\/here\/b\.conf: there is no such file; /,
    );
  }),
);

Deno.test("the README names the version of the packages that it installs", () => {
  const named = [...readme.matchAll(/one-tproxy[_-](\d[\d.]*)[_-]/g)].map(([, version]) => version);
  assert.deepEqual(named, [settings.version, settings.version]);
});
