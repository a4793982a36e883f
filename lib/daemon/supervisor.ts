/**
 * What a pass has to know of a watch that makes it.
 *
 * @module
 */

import type { LogLine } from "../log.ts";
import type { Title } from "../role.ts";
import type { RunningDaemon } from "./find_daemons.ts";
import type { Found } from "./found.ts";
import type { GracePeriod } from "./grace_period.ts";

/** Something that makes passes by itself, as a watch does. */
export interface Supervisor {
  /** Whether a daemon that should be started may be, now. */
  readonly mayStart: (title: Title) => boolean;
  /** Called before a daemon is started. */
  readonly onStart: (title: Title) => void;
  /** What it has missed in the passes before. An operator's word counts at once. */
  readonly gracePeriod: GracePeriod;
  /** Warns of what a pass finds and does not mend. */
  readonly warn: LogLine;
  /** The process IDs of daemons that show no sign of life, to be replaced. */
  readonly dead: ReadonlySet<number>;
  /**
   * Tells what its pass has found at its beginning; `undefined` if that may not hold any more. Called under the daemons'
   * lock.
   */
  readonly found: () => Promise<Found | undefined>;
  /** Called with the daemons that run, if the pass has started and ended none. */
  readonly onUnchanged: (daemons: readonly RunningDaemon[]) => void;
  /** When its pass began, by the clock of `performance.now()`: it does more than this in one. */
  readonly began: number;
}
