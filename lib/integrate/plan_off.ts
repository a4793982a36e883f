/**
 * How OpenNebula is left as it was. Pure.
 *
 * @module
 */

import { releaseBridges, run, tell, withdraw } from "./plan.ts";
import { keptOf, type Seen } from "./seen.ts";
import type { Step } from "./steps.ts";

/**
 * Plans how OpenNebula goes on without these programs. The driver's own proxies serve live guests again, if there are such.
 *
 * @param seen What is there.
 * @param bridges The bridges that our own setup has made.
 * @returns The steps; none if OpenNebula does not call it.
 */
export function planOff(seen: Seen, bridges: readonly string[]): Step[] {
  const { way, place: { note } } = seen;
  // What somebody has set up by hand has nothing to do with OpenNebula.
  if (way === undefined) return withdraw(seen);
  // No bridge of a front-end is OpenNebula's.
  const leave = seen.place.sudoers === undefined ? withdraw : hasOwn(seen) ? leaveToDriver : takeDown;
  return [...leave(seen, bridges), { kind: "note", way: undefined, path: note }];
}

/** Whether OpenNebula has transparent proxies of its own, which go on with what is on the bridges. */
function hasOwn({ kept, files, place }: Seen): boolean {
  const own = ["tproxy", "tproxy.rb"].map((name) => `${place.vnm}/${name}`);
  return own.some((path) => kept.has(keptOf(place, path)) || files.get(path)?.kind === "theirs");
}

/** Nobody listens while the driver's proxies start. Our proxies finish their live streams. */
function leaveToDriver(seen: Seen): Step[] {
  const path = `${seen.place.vnm}/tproxy`;
  const isThere = seen.kept.has(keptOf(seen.place, path)) || seen.files.get(path)?.kind === "theirs";
  const start: Step = isThere
    ? { kind: "run", why: "Starting the driver's own proxies", program: path, args: ["start"], isDrivers: true }
    : tell(
      `There is no ${path}: guests are served again when "onehost sync" has brought it and a VM has been deployed`,
    );
  return [releaseBridges(seen), ...withdraw(seen), { kind: "drain" }, start];
}

/** Nobody else would serve the bridges or take them down. */
function takeDown(seen: Seen, bridges: readonly string[]): Step[] {
  const { prefix } = seen.place;
  return [
    run("Stopping the proxies", `${prefix}/bin/tproxy`, ["stop"]),
    ...bridges.map((bridge) =>
      run(`Taking ${bridge} down`, `${prefix}/bin/tproxy-setup`, ["down", "--bridge", bridge])
    ),
    ...withdraw(seen),
  ];
}
