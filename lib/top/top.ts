/**
 * `tproxy top`: bridges and their streams as they are now, on the whole screen or once as text.
 *
 * @module
 */

import { type Answer, toJson } from "../commands/answer.ts";
import { listStreams } from "../commands/streams.ts";
import { delay } from "../delay.ts";
import { FAILED, OK } from "../exit_code.ts";
import { press, readKeys } from "./keys.ts";
import { type Measured, Meter } from "./measure.ts";
import { notesOf, pageOf, renderBridges, renderScreen, streamsAt } from "./render.ts";
import { takeSample } from "./sample.ts";
import { Screen } from "./screen.ts";

/** How often to measure, in milliseconds: as often as proxies write their counts. */
const INTERVAL_MS = 1_000;

/** The signals that end it, and how a shell would say that one has. */
const ENDED_BY = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Measures once.
 *
 * @returns The bridges, for people and for scripts. The exit code is {@linkcode OK}, or {@linkcode FAILED} if
 * an outer has not answered.
 * @throws {Deno.errors.NotCapable} Without the permissions of `top` in `lib/permissions/command_permissions.ts`.
 */
export async function measureOnce(): Promise<Answer> {
  const meter = new Meter();
  meter.next(await takeSample());
  // A little longer, so that each proxy has written its counts once more.
  await delay(INTERVAL_MS + 200);
  const measured = meter.next(await takeSample());
  const { bridges, streams, omitted, failures } = measured;
  return {
    text: bridges.length === 0 ? "" : renderBridges(bridges).join("\n"),
    notes: notesOf(measured),
    json: toJson({ bridges, ...listStreams(streams, omitted, failures) }),
    exitCode: failures.length === 0 ? OK : FAILED,
  };
}

/**
 * Shows the bridges on the whole screen until the reader quits. Standard input and output have to be a terminal, which
 * is left as it was.
 *
 * @returns The exit code: {@linkcode OK}, or 128 and the number of the signal that has ended it.
 * @throws {Deno.errors.NotCapable} Without the permissions of `top` in `lib/permissions/command_permissions.ts`.
 */
export async function watchScreen(): Promise<number> {
  const end = Promise.withResolvers<number>();
  // The signals come before the screen: one in between would leave the terminal changed.
  for (const [signal, code] of Object.entries(ENDED_BY)) {
    Deno.addSignalListener(signal as keyof typeof ENDED_BY, () => end.resolve(code));
  }
  using screen = new Screen();
  let place: Parameters<typeof press>[0] = { opened: undefined, line: 0 };
  let measured: Measured | undefined;
  const draw = () => {
    if (measured !== undefined) screen.show(renderScreen(measured, place, screen.size));
  };
  const readTerminal = async () => {
    let text = "";
    for await (const part of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      const { keys, rest } = readKeys(text + part);
      text = rest;
      for (const key of keys) {
        if (key === "quit") return end.resolve(OK);
        if (measured === undefined) continue;
        const bridges = measured.bridges.map(({ bridge }) => bridge);
        const lines = place.opened === undefined ? bridges.length : streamsAt(measured, place).length;
        place = press(place, key, bridges, lines, pageOf(screen.size));
      }
      draw();
    }
    end.resolve(OK);
  };
  const measure = async () => {
    for (const meter = new Meter();; await delay(INTERVAL_MS)) {
      measured = meter.next(await takeSample());
      draw();
    }
  };
  Deno.addSignalListener("SIGWINCH", () => {
    try {
      draw();
    } catch (error) {
      end.reject(error);
    }
  });
  for (const work of [readTerminal, measure]) work().catch(end.reject);
  return await end.promise;
}
