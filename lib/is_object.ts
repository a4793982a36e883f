/**
 * Looking into what somebody else has written, before anything is known of it.
 *
 * @module
 */

/** An object of which nothing is known but which keys are of interest. */
export type Fields<K extends string = never> =
  & { readonly [key: string]: unknown }
  & { readonly [key in K]?: unknown };

/**
 * Tells whether a value is an object as JSON has them, not a list.
 *
 * @param value Anything.
 * @returns Whether its fields can be looked at.
 */
export function isObject<K extends string = never>(value: unknown): value is Fields<K> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
