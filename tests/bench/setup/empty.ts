/**
 * An empty program, which shows the time of the runtime's own start.
 *
 * @module
 */

export {};
