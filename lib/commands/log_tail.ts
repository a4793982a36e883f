/**
 * Reading a log from its beginning to its end, and on as it grows.
 *
 * @module
 */

import * as fs from "node:fs";
import type { BridgeName } from "../names.ts";
import { openChecked } from "../open_checked.ts";
import { lstatIfThere } from "../run_dir.ts";
import { isOlder, type LogLine, LONGEST_LOG_LINE, parseLogLine } from "./log_line.ts";

const CHUNK = 64 * 1024;

/** A log file. */
export interface LogFile {
  /** Its path. */
  readonly path: string;
  /** The bridge of its inner; `undefined` for outer's. */
  readonly bridge: BridgeName | undefined;
  /** The user who may own it, besides root. */
  readonly user: number;
}

/** A log that is being read. */
export class LogTail implements Disposable {
  readonly #file: LogFile;
  readonly #since: number;
  readonly #decoder = new TextDecoder();
  #fd: number | undefined;
  #inode: number | null = null;
  #rest = "";
  /** Whether the beginning of the next line was too long and has been thrown away. */
  #isCut = false;
  /** How many lines were none that a proxy writes. */
  strange = 0;

  /**
   * @param file The file. It is not opened yet.
   * @param since Lines before this time are passed over, in milliseconds since 1970.
   */
  constructor(file: LogFile, since: number) {
    this.#file = file;
    this.#since = since;
  }

  /**
   * Opens the file that has the name now, unless it is the one that is open. One that is no log of ours is not opened.
   *
   * @returns Whether a file is open.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` for it.
   */
  open(): boolean {
    const { path, user } = this.#file;
    const info = lstatIfThere(path);
    if (info === undefined || this.#fd !== undefined && info.ino === this.#inode) return this.#fd !== undefined;
    const opened = openChecked(fs, path, fs.constants.O_RDONLY, [user], info);
    if (opened === undefined) return this.#fd !== undefined;
    this[Symbol.dispose]();
    this.#fd = opened.fd;
    this.#inode = info.ino;
    this.#rest = "";
    this.#isCut = false;
    return true;
  }

  /** Reads the lines up to the present end. What follows the last newline waits for the next call. */
  *lines(): Generator<LogLine> {
    for (const bytes of this.#chunks()) yield* this.split(bytes);
  }

  /** Reads the lines of a compressed log. What is not compressed well ends it. */
  async *unzipped(): AsyncGenerator<LogLine> {
    try {
      const unzipped = ReadableStream.from(this.#chunks()).pipeThrough(new DecompressionStream("gzip"));
      for await (const bytes of unzipped) yield* this.split(bytes);
    } catch {
      this.strange++;
    }
  }

  *#chunks(): Generator<Uint8Array<ArrayBuffer>> {
    for (let count; this.#fd !== undefined;) {
      const buffer = new Uint8Array(CHUNK);
      if ((count = fs.readSync(this.#fd, buffer, 0, CHUNK, null)) === 0) return;
      yield buffer.subarray(0, count);
    }
  }

  /**
   * Splits bytes of the log into lines.
   *
   * @param bytes The next bytes.
   * @returns The lines that end in them.
   */
  *split(bytes: Uint8Array): Generator<LogLine> {
    const texts = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = texts.pop() ?? "";
    for (const text of texts) {
      const line = this.#isCut || isOlder(text, this.#since) ? undefined : parseLogLine(text, this.#file.bridge);
      if (line !== undefined) yield line;
      else if (text !== "" && !isOlder(text, this.#since)) this.strange++;
      this.#isCut = false;
    }
    if (this.#rest.length <= LONGEST_LOG_LINE) return;
    this.#isCut = true;
    this.#rest = "";
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }
}
