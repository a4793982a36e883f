/**
 * Which configuration is in force: the last one that was whole and good.
 *
 * @module
 */

import { type Config, describeProblems } from "../config/config.ts";
import { parseConfig } from "../config/parse.ts";
import { stampOf } from "../config/prepare_then_lock.ts";
import { readConfigText } from "../config/read.ts";
import { ConfigError, describe } from "../errors.ts";
import { log } from "../log.ts";
import { Settled } from "./settled.ts";

/** What a look at the file has found. */
export interface Look {
  /** The stamp of the file, from before it was read. */
  readonly stamp: string;
  /** `changing` if the file may not be whole yet; `new` once when it is; `known` from then on. */
  readonly state: ReturnType<Settled["look"]>;
}

/** Reads a configuration file again and again, and remembers what is in force. */
export class ConfigInForce {
  /** The last configuration that could be read; one that can't be read leaves it in force. */
  config: Config | undefined;
  /** Whether it is what the file holds now. */
  isCurrent = false;
  readonly #path: string;
  readonly #settled = new Settled();

  /** @param path The file. */
  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads the file. What is in it comes into force once it is whole and good, and is logged if it is not good.
   *
   * @returns What was found.
   * @throws {Deno.errors.NotCapable} Without `--allow-read` for the file.
   */
  async look(): Promise<Look> {
    const stamp = await stampOf(this.#path);
    let [text, content]: (string | undefined)[] = [];
    try {
      text = readConfigText(this.#path);
      content = await digest(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      content = describe(error);
    }
    const state = this.#settled.look(content, performance.now());
    // Until the first one has settled, proxies that run should not become somebody else's.
    if (this.config === undefined && state === "changing" && text !== undefined) {
      this.config = parseIfGood(text, this.#path);
    }
    if (state === "new") {
      this.isCurrent = false;
      if (text === undefined) log.error(`${content}; what is served stays as it is`);
      else this.#take(text);
    }
    return { stamp, state };
  }

  #take(text: string): void {
    try {
      const config = parseConfig(text, this.#path);
      for (const problem of describeProblems(config)) log.warning(problem);
      this.isCurrent = config.entries !== undefined;
      if (this.isCurrent || this.config === undefined) this.config = config;
      if (!this.isCurrent) {
        log.warning("The configuration has no :tproxy: key; what is served stays as it is", { path: this.#path });
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`${describe(error)}; what is served stays as it is`);
    }
  }
}

/** Parses a configuration; `undefined` if it is not good, which is logged when the file has settled. */
function parseIfGood(text: string, path: string): Config | undefined {
  try {
    return parseConfig(text, path);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return undefined;
  }
}

/** A text that differs if another one does, and is short enough to be kept. */
async function digest(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))).toHex();
}
