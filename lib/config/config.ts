/**
 * What one-tproxy takes from `OpenNebulaNetwork.conf`, once it is read and checked.
 *
 * @module
 */

import type { EndpointOptions, Limits } from "../limits.ts";
import type { DebugLevel } from "../log.ts";

/** A place in the file, both counted from 1. */
export interface Position {
  /** The line. */
  readonly line: number;
  /** The column. */
  readonly column: number;
}

/** A network in an entry's `:networks:`; all digits are an ID and never a name. */
export type NetworkReference = { readonly id: string } | { readonly name: string };

/** An entry of `:tproxy:` that is well formed. */
export interface ConfigEntry {
  /** Where the entry begins. */
  readonly at: Position;
  /** The TCP port at which guests find the service. */
  readonly servicePort: number;
  /** The service's IPv4 address, or a name to be resolved on the hypervisor. */
  readonly remoteAddr: string;
  /** More addresses or names of the service, to be tried in this order; missing if there are none. */
  readonly backupAddrs?: readonly string[];
  /** The TCP port of the service. */
  readonly remotePort: number;
  /** The networks the entry is for; empty for all. */
  readonly networks: readonly NetworkReference[];
  /** What the endpoint has for itself; missing if nothing. */
  readonly options?: EndpointOptions;
}

/** Something in the file that is not what it has to be. */
export interface Problem {
  /** Where it is. */
  readonly at: Position;
  /** The key as the user document writes it, for example `:service_port:`; or `the file`, if it is not in a key. */
  readonly key: string;
  /** The value as the file has it, or `undefined` if the key is missing. */
  readonly value: string | undefined;
  /** What would have been right (`expected …`), or what becomes of it (`ignored: …`). */
  readonly advice: string;
}

/**
 * What an entry that can't be understood may have been meant for. It opens nothing, and what is served there already
 * stays as it is.
 */
export interface Doubt {
  /** Where the entry begins. */
  readonly at: Position;
  /** Its service port; any if it is missing. */
  readonly servicePort?: number;
  /** Its networks, none for all; any if they are missing. */
  readonly networks?: readonly NetworkReference[];
}

/** The part of the configuration that is ours. */
export interface Config {
  /** The file it came from. */
  readonly path: string;
  /** `:tproxy_debug_level:`. */
  readonly debugLevel: DebugLevel;
  /** `:tproxy_process_owner:`, if it is set. */
  readonly processOwner?: string;
  /** Where that stands. */
  readonly processOwnerAt?: Position;
  /** `:tproxy_follow_config:`: whether a watch applies the file by itself; it does unless that is `false`. */
  readonly followConfig: boolean;
  /** `:tproxy_max_connections:` and the like, each by default where it is not set. */
  readonly limits: Limits;
  /** `:tproxy_redirect:`: whether guests without a route reach the entries that do not say so themselves. */
  readonly redirect: boolean;
  /** The good entries of `:tproxy:` in the file's order, or `undefined` if the file has no such key. */
  readonly entries: readonly ConfigEntry[] | undefined;
  /** What of `:tproxy:` can't be understood, in the file's order. */
  readonly doubts: readonly Doubt[];
  /** All that is wrong. */
  readonly problems: readonly Problem[];
  /** What takes nothing away, and may all the same not be what somebody meant. */
  readonly remarks: readonly Problem[];
}

/**
 * Puts a problem into one line.
 *
 * @param path The file.
 * @param problem What is wrong in it.
 * @returns For example `a.conf:7:20: :service_port: is 70000; expected a port from 1 to 65535`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { describeProblem } from "@one/tproxy";
 *
 * const problem = {
 *   at: { line: 7, column: 20 },
 *   key: ":service_port:",
 *   value: "70000",
 *   advice: "expected a port from 1 to 65535",
 * };
 * assert.equal(
 *   describeProblem("a.conf", problem),
 *   "a.conf:7:20: :service_port: is 70000; expected a port from 1 to 65535",
 * );
 * ```
 */
export function describeProblem(path: string, problem: Problem): string {
  const { at, key, value, advice } = problem;
  const is = value === undefined ? "is missing" : `is ${value}`;
  return `${path}:${at.line}:${at.column}: ${key} ${is}; ${advice}`;
}

/**
 * Describes everything that is wrong with a configuration, or may not be meant as it is.
 *
 * @param config The configuration.
 * @returns A line for each problem, then one for each remark.
 */
export function describeProblems({ path, problems, remarks }: Config): string[] {
  return [...problems, ...remarks].map((problem) => describeProblem(path, problem));
}

/**
 * Replaces what could move a terminal's cursor, so that a text from the file is safe to print.
 *
 * @param text A text.
 * @returns The same text with a replacement character for each control character but the tab.
 */
export function printable(text: string): string {
  return text.replaceAll(/(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, "\ufffd");
}
