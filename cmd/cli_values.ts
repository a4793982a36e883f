/**
 * The values of options that several verbs have.
 *
 * @module
 */

import { isIpv4, isPort } from "../lib/address.ts";
import type { Command } from "./cli.ts";

/**
 * Reads a guest's address.
 *
 * @param text What was typed.
 * @param command The command, which prints usage if it is none.
 * @returns The address.
 */
export function guestOf(text: string, command: Command): string {
  return isIpv4(text) ? text : command.error(`error: ${JSON.stringify(text)} is not an IPv4 address`);
}

/**
 * Reads a port.
 *
 * @param text What was typed.
 * @param command The command, which prints usage if it is none.
 * @returns The port.
 */
export function portOf(text: string, command: Command): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  return isPort(port) ? port : command.error(`error: ${JSON.stringify(text)} is not a TCP port`);
}
