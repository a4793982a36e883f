/**
 * The machines that there are distributions for. Pure.
 *
 * @module
 */

import { InputError } from "../lib/errors.ts";

/** A kind of machine, by what each calls it. */
export interface Architecture {
  /** As `uname -m`, rpm and the names of archives have it. */
  readonly name: string;
  /** As Debian has it. */
  readonly debian: string;
  /** What stands behind the names of its folders in `.build`. */
  readonly suffix: string;
}

/** The machine that distributions are made on. */
export const X86_64: Architecture = { name: "x86_64", debian: "amd64", suffix: "" };

/** A machine whose distribution is made on another one. */
export const AARCH64: Architecture = { name: "aarch64", debian: "arm64", suffix: "-aarch64" };

/** All of them. */
export const ARCHITECTURES: readonly Architecture[] = [X86_64, AARCH64];

/**
 * Chooses a machine.
 *
 * @param args The arguments of a task: the machine's name, or nothing.
 * @returns The machine; x86_64 if none is named.
 * @throws {InputError} If there is no distribution for it.
 */
export function architectureOf([name = X86_64.name, ...more]: readonly string[]): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found !== undefined && more.length === 0) return found;
  const names = ARCHITECTURES.map((architecture) => architecture.name).join(" or ");
  throw new InputError(`"${[name, ...more].join(" ")}" is no machine that a distribution is made for`, `name ${names}`);
}

/**
 * Names a distribution.
 *
 * @param version Its version.
 * @param architecture Its machine.
 * @returns The name of its folder, and of its archive without `.tar.gz`.
 */
export function distributionOf(version: string, { name }: Architecture): string {
  return `one-tproxy-${version}-linux-${name}`;
}
