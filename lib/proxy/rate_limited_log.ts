/**
 * Telling of something that can happen ten thousand times a second, without as many lines.
 *
 * @module
 */

/** How often at most, for each subject. */
const INTERVAL_MS = 1_000;

/** What to tell about the latest. */
type Fields = Readonly<Record<string, unknown>>;

/** What has not been told yet. */
interface Untold {
  times: number;
  fields: Fields;
}

/** Tells of the first time at once, and of what came after it once a second. */
export class RateLimitedLog {
  readonly #tell: (fields: Fields) => void;
  readonly #untold = new Map<string, Untold>();

  /**
   * Makes one for one kind of message.
   *
   * @param tell Tells of the latest; its field `times` says of how many.
   */
  constructor(tell: (fields: Fields) => void) {
    this.#tell = tell;
  }

  /**
   * Notes that it has happened.
   *
   * @param subject What it has happened to; each subject is told of by itself.
   * @param fields What to tell about it.
   */
  note(subject: string, fields: Fields): void {
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
