/**
 * Rate-limited logging, for events that can happen ten thousand times a second.
 *
 * @module
 */

/** How often a line is logged at most for each subject, in milliseconds. */
const INTERVAL_MS = 1_000;

/** How many subjects have a rate limit of their own. Whoever chooses the subjects may choose as many as there are. */
const MOST_SUBJECTS = 64;

/** The subject of all others. */
const REST = "";

/** The fields of a line. */
type Fields = Readonly<Record<string, unknown>>;

/** Events that have not been logged yet: their number, and the fields of the latest. */
interface Untold {
  times: number;
  fields: Fields;
}

/** Logs the first event of a subject at once, and the later ones together once a second. */
export class RateLimitedLog {
  readonly #tell: (fields: Fields) => void;
  readonly #untold = new Map<string, Untold>();

  /**
   * Creates a log for one kind of message.
   *
   * @param tell Logs the fields of the latest event; the field `times` is the number of events.
   */
  constructor(tell: (fields: Fields) => void) {
    this.#tell = tell;
  }

  /**
   * Notes an event.
   *
   * @param subject The thing that it has happened to. Each subject has a rate limit of its own, unless there are too
   * many.
   * @param fields The fields to log.
   */
  note(subject: string, fields: Fields): void {
    if (this.#untold.size >= MOST_SUBJECTS && !this.#untold.has(subject)) subject = REST;
    const untold = this.#untold.get(subject);
    if (untold === undefined) {
      this.#tell({ ...fields, times: 1 });
      this.#wait(subject);
    } else {
      untold.times++;
      untold.fields = fields;
    }
  }

  #wait(subject: string): void {
    const untold: Untold = { times: 0, fields: {} };
    this.#untold.set(subject, untold);
    setTimeout(() => {
      this.#untold.delete(subject);
      if (untold.times === 0) return;
      this.#tell({ ...untold.fields, times: untold.times });
      this.#wait(subject);
    }, INTERVAL_MS);
  }
}
