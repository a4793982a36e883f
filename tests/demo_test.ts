/**
 * The demo at a real terminal, tmux's; and the recording of it in docs/.
 *
 * @module
 */

import assert from "node:assert/strict";
import { until } from "../packaging/command.ts";
import { LAB_FLAGS } from "./lab/flags.ts";
import { Host } from "./lab/host.ts";
import { spansOf } from "./lab/terminal_line.ts";
import { drawRecording, type Screen } from "./lab/terminal_recording.ts";

const ROOT = new URL("../", import.meta.url).pathname;

/** The size of the terminal. */
const [COLUMNS, ROWS] = [116, 36];

/** What lets the demo begin, and what it has written to the terminal. */
const [GO, WRITTEN] = ["/run/go", "/run/written"];

/** How fine the recording is, in milliseconds. */
const INTERVAL_MS = 60;

/** What the demo has written to a terminal, to its end, and what that has shown meanwhile. */
interface Recording {
  readonly written: string;
  readonly screens: readonly Screen[];
}

/** Runs the demo at a terminal. Its screen is looked at now and then, so none but the last one is sure to be there. */
async function record(host: Host): Promise<Recording> {
  const tmux = (...args: string[]) =>
    host.text(["env", "TERM=xterm-256color", "LC_ALL=C.UTF-8", "tmux", "-S", "/run/tmux.socket", ...args]);
  const demo = [Deno.execPath(), "run", ...LAB_FLAGS, `${ROOT}tests/demo/demo.ts`];
  const shell = `read go <${GO}; env -u NO_COLOR ${
    demo.map((word) => `'${word}'`).join(" ")
  }; echo "exit code $?"; sleep 1000`;
  await host.write("/run/tmux.conf", "set -g status off\n");
  const size = ["-x", String(COLUMNS), "-y", String(ROWS)];
  await host.text(["mkfifo", GO]);
  await tmux("-f", "/run/tmux.conf", "new-session", "-d", ...size, "sh", "-c", shell);
  await tmux("pipe-pane", `cat >${WRITTEN}`);
  await host.text(["sh", "-c", `echo >${GO}`]);
  const began = performance.now();
  const screens: Screen[] = [];
  await until("the demo has ended", async () => {
    const text = await tmux("capture-pane", "-p", "-e");
    if (text !== screens.at(-1)?.text) screens.push({ at: (performance.now() - began) / 1000, text });
    if (/^exit code /m.test(text)) return true;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    return false;
  }, 120);
  const written = await until("all that was written is there", async () => {
    const text = await host.text(["cat", WRITTEN]);
    return /^exit code /m.test(text) && text;
  });
  await tmux("kill-server");
  return { written, screens };
}

/** What is on a screen, without what differs from run to run. */
function stable(text: string): string[] {
  // deno-lint-ignore no-control-regex -- that is what terminals are sent
  const plain = text.replaceAll(/\x1b\[[0-9;]*m/g, "").replaceAll(/[0-9a-f]{8}-1|:\d{5}\b|\d+(?:[.:]\d+)*/g, "…");
  return plain.split("\n").map((line) => line.trimEnd()).filter((line) => line !== "");
}

/** The texts of the last screen of a recording. */
function lastOf(recording: string): string {
  const [, film = ""] = /<g class="film"[^>]*>\n([^]*)\n<\/g>/.exec(recording) ?? [];
  const text = (id: string) => new RegExp(`<text id="${id}">(.*)</text>`).exec(recording)?.[1] ?? "";
  const lines = [...(film.split("\n").at(-1) ?? "").matchAll(/href="#(l\d+)"/g)].map(([, id = ""]) => text(id));
  const plain = lines.join("\n").replaceAll(/<[^>]*>/g, "");
  return plain.replaceAll("&gt;", ">").replaceAll("&lt;", "<").replaceAll("&amp;", "&");
}

Deno.test("on a terminal the demo lights up the way of each request, and says what to do next; docs/ has a recording", async () => {
  await using host = await Host.create("desk");
  const { written, screens } = await record(host);
  const last = screens.at(-1)?.text ?? "";
  assert.match(last, /^exit code 0$/m, last);
  assert.match(last, /What to do next/);
  const lit = spansOf(written).flat().flatMap(({ text, look }) => look.has("green") && look.has("bold") ? [text] : []);
  const places = ["guest1 192.168", "br0b═br0a", "one_tproxy ─", "onegate 10.11", "guest2 192.168"].map((place) =>
    lit.findIndex((text) => text.includes(place))
  );
  assert.ok(places.every((at, i) => at >= 0 && at > (places[i - 1] ?? -1)), `${places} of ${lit.join("\n")}`);
  const picture = drawRecording(
    "deno task demo",
    screens.map(({ at, text }) => ({ at, text: text.replace(/^exit code 0$/m, "") })),
    COLUMNS,
  );
  await host.write(`${ROOT}.build/demo.svg`, picture);
  const shown = await Deno.readTextFile(`${ROOT}docs/demo.svg`);
  assert.deepEqual(stable(lastOf(shown)), stable(lastOf(picture)), "copy .build/demo.svg to docs/");
});
