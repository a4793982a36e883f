/**
 * Facts that may not be had. A doctor is called when something fails, which may be nft, ps or a file.
 *
 * @module
 */

import { describe } from "../errors.ts";
import { type Finding, unknown } from "./finding.ts";

/** A fact, or why it can't be had. */
export type Fact<T> = { readonly known: true; readonly value: T } | { readonly known: false; readonly why: string };

/** How long a fact may take, in milliseconds. Every program is killed before (`lib/run_command.ts`). */
const LONGEST_MS = 15_000;

/**
 * Gathers a fact.
 *
 * @param work Finds it out.
 * @param longestMs How long that may take, in milliseconds.
 * @returns The fact, or the error by which it can't be had.
 */
export async function gather<T>(work: () => T | Promise<T>, longestMs: number = LONGEST_MS): Promise<Fact<T>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${longestMs / 1000} seconds`)), longestMs);
  try {
    return { known: true, value: await Promise.race([Promise.resolve().then(work), late.promise]) };
  } catch (error) {
    return { known: false, why: describe(error) };
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Waits for several facts.
 *
 * @param facts The facts by their names, or promises of them.
 * @returns The facts by the same names.
 */
export async function together<T>(facts: { readonly [Name in keyof T]: T[Name] | Promise<T[Name]> }): Promise<T> {
  const entries = Object.entries<unknown>(facts).map(async ([name, fact]) => [name, await fact] as const);
  return Object.fromEntries(await Promise.all(entries)) as T;
}

/**
 * Judges a fact, if it can be had.
 *
 * @param subject What it is about.
 * @param fact The fact.
 * @param judge What it means.
 * @returns The findings; why there are none, if the fact can't be had.
 */
export function judged<T>(subject: string, fact: Fact<T>, judge: (value: T) => readonly Finding[]): readonly Finding[] {
  return fact.known ? judge(fact.value) : [unknown(subject, fact.why)];
}

/**
 * Takes a fact, or something that stands for it.
 *
 * @param fact The fact.
 * @param other What to take if it can't be had.
 * @returns One of them.
 */
export function orElse<T>(fact: Fact<T>, other: T): T {
  return fact.known ? fact.value : other;
}
