/**
 * Where the lines of the logs meet the terminal.
 *
 * @module
 */

import { type LogLine, renderLogLine } from "../lib/commands/log_line.ts";
import { VmAddresses } from "../lib/setup/read_vm_addresses.ts";

/**
 * Prints lines as they come.
 *
 * @param lines The lines.
 * @param asJson Whether they are for a script.
 * @returns Whether somebody still reads them; `false` if the reader has gone, as head(1) does that has read enough.
 */
export async function printLines(lines: AsyncIterable<LogLine>, asJson: boolean): Promise<boolean> {
  const encoder = new TextEncoder();
  const vms = new VmAddresses();
  try {
    for await (const line of lines) {
      const bytes = encoder.encode(`${asJson ? line.json : renderLogLine(line, await vms.read())}\n`);
      for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) return false;
    throw error;
  }
}
