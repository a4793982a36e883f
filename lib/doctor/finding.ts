/**
 * What `tproxy doctor` finds at a link of a packet's path.
 *
 * @module
 */

import type { Fault } from "../fault.ts";

/**
 * The state of a thing: `ok`; `broken`; `unknown`, because a fact can't be had; or `skipped`, because nothing can be
 * said as long as another link is broken, or because nobody has asked.
 */
export type State = "ok" | "broken" | "unknown" | "skipped";

/** What was found of one thing. */
export interface Finding {
  /** The thing: a bridge, a process title, a service or a file. */
  readonly subject: string;
  /** Its state. */
  readonly state: State;
  /** A clause without a full stop: what is so, or what is wrong. */
  readonly text: string;
  /**
   * What mends it: an imperative phrase with a command that can be typed as it stands; missing if nothing is broken.
   */
  readonly remedy?: string;
}

/** What was found at one link. */
export interface Examined {
  /** The link's name. */
  readonly link: string;
  /** What guests lose if the link is broken: a clause without a full stop. */
  readonly why: string;
  /** The findings; at least one. */
  readonly findings: readonly Finding[];
}

/** Says that something is as it should be. */
export function ok(subject: string, text: string): Finding {
  return { subject, state: "ok", text };
}

/** Says what is wrong, and what mends it. */
export function broken(subject: string, text: string, remedy: string): Finding {
  return { subject, state: "broken", text, remedy };
}

/** Says that a fact can't be had, and why. */
export function unknown(subject: string, text: string): Finding {
  return { subject, state: "unknown", text };
}

/** Says why nothing was looked at. */
export function skipped(subject: string, text: string): Finding {
  return { subject, state: "skipped", text };
}

/** Makes a finding of a fault. */
export function fromFault({ subject, text, remedy }: Fault): Finding {
  return broken(subject, text, remedy);
}

/**
 * Finds the link that is to be mended first.
 *
 * @param examined All links in their order.
 * @returns The first one that is broken; else the first one of which a fact can't be had; `undefined` if there is none.
 */
export function firstWrong(examined: readonly Examined[]): (Finding & { readonly link: string }) | undefined {
  const all = examined.flatMap(({ link, findings }) => findings.map((finding) => ({ link, ...finding })));
  return all.find(({ state }) => state === "broken") ?? all.find(({ state }) => state === "unknown");
}
