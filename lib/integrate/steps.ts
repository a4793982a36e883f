/**
 * What can be done to change how OpenNebula calls an installation. Pure.
 *
 * @module
 */

import type { Way } from "./files.ts";

/** One thing to do. */
export type Step =
  | {
    /** Write a file of ours. */
    readonly kind: "write";
    /** The file. */
    readonly path: string;
    /** Its whole text. */
    readonly text: string;
    /** Its mode. */
    readonly mode: number;
  }
  | {
    /** Keep a file that is not ours, or put it back. */
    readonly kind: "keep" | "put back";
    /** The file. */
    readonly path: string;
    /** Where it is kept. */
    readonly kept: string;
  }
  | {
    /** Copy a file. */
    readonly kind: "copy";
    /** The file. */
    readonly from: string;
    /** Its copy. */
    readonly path: string;
  }
  | {
    /** Remove a file of ours, or a kept one that is of no use any more. */
    readonly kind: "remove" | "forget";
    /** The file. */
    readonly path: string;
  }
  | {
    /** Make a folder for a file of ours; or remove one that was made, if it is empty. */
    readonly kind: "make folder" | "remove folder";
    /** The folder. */
    readonly path: string;
  }
  | {
    /** List the folders that were made. */
    readonly kind: "list folders";
    /** The folders. */
    readonly folders: readonly string[];
    /** The list. */
    readonly path: string;
  }
  | {
    /** Run a program. */
    readonly kind: "run";
    /** Why, for people. */
    readonly why: string;
    /** The program, an absolute path. */
    readonly program: string;
    /** Its arguments. */
    readonly args: readonly string[];
    /** What to do if it fails; `undefined` if that stops nothing. */
    readonly remedy?: string;
    /** Whether it is the driver's. Then it is run as the driver runs it: by its owner, through sudo. */
    readonly isDrivers?: true;
  }
  | {
    /** Have our proxies take no more streams. */
    readonly kind: "drain";
  }
  | {
    /** Note the way. */
    readonly kind: "note";
    /** The way; `undefined` if there is none any more. */
    readonly way: Way | undefined;
    /** The file. */
    readonly path: string;
  }
  | {
    /** Tell what a person has to know. */
    readonly kind: "tell";
    /** A line. */
    readonly text: string;
  };

/**
 * Describes a step for people.
 *
 * @param step The step.
 * @returns A line; `undefined` if nobody has to know.
 */
export function describeStep(step: Step): string | undefined {
  switch (step.kind) {
    case "write":
      return `Writing ${step.path}`;
    case "copy":
      return `Copying ${step.from} to ${step.path}`;
    case "keep":
      return `Keeping ${step.path} in ${step.kept}`;
    case "put back":
      return `Putting back ${step.path}`;
    case "remove":
      return `Removing ${step.path}`;
    case "run":
      return `${step.why}: ${commandOf(step)}`;
    case "drain":
      return "Our proxies take no more streams; live streams go on in them to their end";
    case "tell":
      return step.text;
    default:
      return undefined;
  }
}

/**
 * Writes what a person would type.
 *
 * @param step A program that is run.
 * @returns Our own programs by their names, others by their paths.
 */
export function commandOf({ program, args }: Step & { kind: "run" }): string {
  return [program.replace(/^.*\/bin\/(tproxy(?:-setup)?)$/, "$1"), ...args].join(" ");
}
