/**
 * Looking into a parsed value before its type is known.
 *
 * @module
 */

/** An object whose fields may be missing and may have any type. */
export type Fields<K extends string = never> =
  & { readonly [key: string]: unknown }
  & { readonly [key in K]?: unknown };

/**
 * Tells whether a value is a JSON object, and not a list.
 *
 * @param value Anything.
 * @returns Whether its fields can be read.
 */
export function isObject<K extends string = never>(value: unknown): value is Fields<K> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
