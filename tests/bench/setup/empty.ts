/**
 * Nothing: what is left of the time is the runtime's own start.
 *
 * @module
 */

export {};
