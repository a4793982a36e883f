/**
 * Reading the standard input of a network driver's hook: the VM's XML in one line of base64.
 *
 * @module
 */

import { InputError } from "../errors.ts";

/** The longest input that is read, in bytes. A VM's XML has some tens of kilobytes. */
const LONGEST = 1024 * 1024;

const REMEDY = 'give it the VM\'s XML in base64 on one line, for example with "base64 -w0 vm.xml"';

/**
 * Reads the VM's XML from a hook's standard input.
 *
 * @param input Standard input. It is read no further than one byte past 1 MiB.
 * @returns The VM's XML.
 * @throws {InputError} If it is longer than 1 MiB, not one line of base64, or not text in UTF-8.
 */
export async function readVm(input: ReadableStream<Uint8Array>): Promise<string> {
  const line = new TextDecoder("latin1").decode(await readAtMost(input, LONGEST)).replace(/\r?\n$/, "");
  if (line === "") throw new InputError("Standard input is empty", REMEDY);
  // The built-in decoder would ignore white space and missing padding.
  if (line.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(line)) {
    throw new InputError("Standard input is not one line of base64", REMEDY);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.fromBase64(line));
  } catch (cause) {
    throw new InputError("Standard input is base64, but not of text in UTF-8", REMEDY, { cause });
  }
}

async function readAtMost(input: ReadableStream<Uint8Array>, most: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(most + 1);
  let length = 0;
  for await (const chunk of input) {
    const part = chunk.subarray(0, bytes.length - length);
    bytes.set(part, length);
    length += part.length;
    if (length > most) throw new InputError(`Standard input is longer than ${most / 1024 / 1024} MiB`, REMEDY);
  }
  return bytes.subarray(0, length);
}
