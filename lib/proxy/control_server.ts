/**
 * Outer's control sockets: root asks there for streams, or has some ended.
 *
 * @module
 */

import { CONTROL_KINDS, type ControlKind, newControlSocket } from "../outer_sockets.ts";
import { describe } from "../errors.ts";
import { log } from "../log.ts";
import { KIND_OF, LONGEST_QUESTION, parseQuestion, type Question } from "../protocol/control.ts";
import { ANSWER_MS, type AnswerLine, renderLine } from "../protocol/control_answer.ts";
import { removeIfThere } from "../run_dir.ts";
import { acceptAll } from "./accept.ts";
import { close, type Duplex, writeAll } from "./connection.ts";
import type { Deadlines } from "./deadlines.ts";

/** How many connections are served at once. */
const MOST_CONNECTIONS = 4;

/** How many lines are written at once. Guests are served in between. */
const LINES_AT_ONCE = 256;

/** Answers questions. */
export interface ControlOwner {
  /**
   * Answers a question.
   *
   * @param question The question.
   * @returns The lines of the answer. They are written while it is being iterated, and streams come and go meanwhile.
   */
  answer(question: Question): Iterable<AnswerLine>;
}

/** The control sockets of an outer. */
export class ControlServer {
  readonly #owner: ControlOwner;
  readonly #deadlines: Deadlines;
  #connections = 0;

  /**
   * @param owner Answers the questions.
   * @param deadlines Where the deadlines of its connections are kept.
   */
  constructor(owner: ControlOwner, deadlines: Deadlines) {
    this.#owner = owner;
    this.#deadlines = deadlines;
  }

  /**
   * Makes the sockets and answers at them as long as the process lives. Guests can be served without them, so an error
   * is logged and nothing more.
   *
   * @param slot The number of this outer.
   */
  listen(slot: number): void {
    for (const kind of CONTROL_KINDS) {
      const path = newControlSocket(kind, slot);
      try {
        removeIfThere(path);
        const listener = Deno.listen({ transport: "unix", path });
        void acceptAll(listener, (connection) => this.serve(connection, kind), { socket: path });
      } catch (error) {
        log.error("Cannot be asked for streams", { socket: path, error: describe(error) });
      }
    }
  }

  /**
   * Serves a connection: reads a question, answers it and closes the connection.
   *
   * @param connection The connection.
   * @param kind What may be asked there.
   */
  async serve(connection: Duplex, kind: ControlKind): Promise<void> {
    using _connection = connection;
    if (this.#connections >= MOST_CONNECTIONS) return await writeLines(connection, [{ refused: "busy" }]);
    this.#connections++;
    using _deadline = this.#deadlines.within(ANSWER_MS, () => close(connection));
    try {
      const question = parseQuestion(await readQuestion(connection));
      const isAllowed = question !== undefined && KIND_OF[question.ask] === kind;
      await writeLines(connection, isAllowed ? this.#owner.answer(question) : [{ refused: "unknown" }]);
    } catch (error) {
      // Whoever has asked went away, or took too long.
      log.debug("Could not answer at a control socket", { error: describe(error) });
    } finally {
      this.#connections--;
    }
  }
}

/** Reads up to the first newline, or as much as a question may have. */
async function readQuestion(connection: Duplex): Promise<string> {
  const buffer = new Uint8Array(LONGEST_QUESTION);
  for (let length = 0;;) {
    const end = buffer.subarray(0, length).indexOf(0x0a);
    if (end >= 0) return new TextDecoder().decode(buffer.subarray(0, end));
    const count = length < buffer.length ? await connection.read(buffer.subarray(length)) : null;
    if (count === null) return "";
    length += count;
  }
}

async function writeLines(connection: Duplex, lines: Iterable<AnswerLine>): Promise<void> {
  const encoder = new TextEncoder();
  let text = "";
  let count = 0;
  for (const line of lines) {
    text += renderLine(line);
    if (++count % LINES_AT_ONCE > 0) continue;
    await writeAll(connection, encoder.encode(text));
    text = "";
  }
  await writeAll(connection, encoder.encode(text));
}
