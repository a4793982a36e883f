/**
 * What Ruby makes of a value of the file, as far as OpenNebula's own driver can tell one from another (Psych 4, Ruby
 * 3.1).
 *
 * @module
 */

import type { YamlValue } from "./yaml_value.ts";

/** A value as Ruby has it. */
export type RubyValue =
  | { readonly kind: "nil" | "boolean" | "list" | "mapping" }
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "string" | "symbol"; readonly text: string };

/** Hours and minutes, or with seconds, which Psych takes for a number of seconds. */
const SEXAGESIMAL = /^[-+]?(\d[\d_]*):([0-5]?\d)(?::([0-5]?\d))?$/;

const FLOAT = /^[-+]?(?:\d[\d_,]*)?\.\d*(?:[eE][-+]\d+)?$/;

/** How `Integer()` takes numbers. */
const BASES: readonly [RegExp, number][] = [
  [/^0b([01]+)$/, 2],
  [/^0x([\da-f]+)$/, 16],
  [/^0o?([0-7]+)$/, 8],
  [/^(?:0d)?(0|[1-9]\d*)$/, 10],
];

/**
 * Tells what Ruby makes of a value.
 *
 * @param value A value of the file.
 * @returns The value in Ruby.
 */
export function toRuby(value: YamlValue): RubyValue {
  const { scalar, source } = value;
  if (value.isMapping) return { kind: "mapping" };
  if (scalar === undefined) return { kind: "list" };
  if (scalar === null) return { kind: "nil" };
  if (typeof scalar === "boolean") return { kind: "boolean" };
  if (typeof scalar === "number") return { kind: "number", number: scalar };
  if (source !== scalar) return { kind: "string", text: scalar };
  const [, hours, minutes, seconds = "0"] = SEXAGESIMAL.exec(scalar) ?? [];
  if (hours !== undefined) {
    return {
      kind: "number",
      number: Number(hours.replaceAll("_", "")) * 3600 + Number(minutes) * 60 + Number(seconds),
    };
  }
  if (FLOAT.test(scalar) && /\d/.test(scalar)) {
    return { kind: "number", number: Number(scalar.replaceAll(/[,_]/g, "")) };
  }
  return value.isSymbol ? { kind: "symbol", text: scalar.slice(1) } : { kind: "string", text: scalar };
}

/**
 * Does what `Integer()` does.
 *
 * @param value A value in Ruby.
 * @returns The number; `"invalid"` for a text that is none, which the driver passes over; `"raises"` for what it does
 * not expect, which ends it.
 */
export function toInteger(value: RubyValue): number | "invalid" | "raises" {
  if (value.kind === "number") return Math.trunc(value.number);
  if (value.kind !== "string") return "raises";
  const [, sign = "", digits = ""] = /^\s*([-+]?)(\w+)\s*$/.exec(value.text) ?? [];
  if (/__|^_|_$/.test(digits)) return "invalid";
  const plain = digits.replaceAll("_", "").toLowerCase();
  for (const [pattern, base] of BASES) {
    const [, found] = pattern.exec(plain) ?? [];
    if (found !== undefined) return (sign === "-" ? -1 : 1) * parseInt(found, base);
  }
  return "invalid";
}
