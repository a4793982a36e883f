/**
 * The pages of the manual, man(7). Pure.
 *
 * @module
 */

import { renderMarkdown } from "./markdown.ts";
import { bold, escape, item, renderLine } from "./roff.ts";
import type { OptionPage, ProgramPage, VerbPage } from "./command_line.ts";

/** A section of a page. */
export interface Section {
  /** Its heading. */
  readonly heading: string;
  /** Its text in Markdown. */
  readonly text: string;
}

/** What the head of a page says. */
export interface Head {
  /** Its name, for example `tproxy`. */
  readonly name: string;
  /** The section of the manual. */
  readonly section: 5 | 8;
  /** What it is about, a line. */
  readonly description: string;
  /** The version of one-tproxy. */
  readonly version: string;
  /** The other pages. */
  readonly others: readonly string[];
}

/**
 * Renders a page.
 *
 * @param head Its head.
 * @param body What comes after the name, rendered.
 * @param sections What comes after that.
 * @returns The page.
 */
export function renderPage(head: Head, body: readonly string[], sections: readonly Section[]): string {
  const { name, section, description, version, others } = head;
  const lines = [
    // No date: the same sources give the same page.
    `.TH "${escape(name.toUpperCase())}" ${section} "" "one\\-tproxy ${escape(version)}" "one\\-tproxy"`,
    // No hyphens and no wide spaces: many words are names to be typed.
    ".nh",
    ".ad l",
    ".SH NAME",
    `${escape(name)} \\- ${escape(description)}`,
    ...body,
    ...sections.flatMap(({ heading, text }) => [`.SH "${escape(heading)}"`, ...withoutFirst(renderMarkdown(text))]),
    '.SH "SEE ALSO"',
    others.map((other) => bold(other).replace(/\(\d\)\\fR$/, (number) => `\\fR${number.slice(0, 3)}`)).join(",\n"),
    "",
  ];
  return lines.join("\n");
}

/** A heading begins a paragraph by itself. */
function withoutFirst(lines: readonly string[]): readonly string[] {
  return lines[0] === ".PP" ? lines.slice(1) : lines;
}

/**
 * Renders what a program's page has of its command line: how it is called, its options and its commands.
 *
 * @param program The program.
 * @param description What it is, in Markdown.
 * @returns Lines of a page.
 */
export function renderProgram(program: ProgramPage, description: string): string[] {
  return [
    ".SH SYNOPSIS",
    ...program.verbs.flatMap((verb, at) => [...(at === 0 ? [] : [".br"]), synopsisOf(program.name, verb)]),
    ".SH DESCRIPTION",
    renderLine(description),
    ".SH OPTIONS",
    ...program.options.flatMap(renderOption),
    ".SH COMMANDS",
    ...program.verbs.flatMap((verb) => renderVerb(program.name, verb)),
  ];
}

function synopsisOf(program: string, verb: VerbPage): string {
  const options = verb.options.map(({ term }) => `[${escape(term)}]`);
  return [bold(`${program} ${verb.name}`), ...options, ...verb.arguments.map(({ term }) => escape(term))].join(" ");
}

function renderVerb(program: string, verb: VerbPage): string[] {
  return [
    `.SS "${escape(`${program} ${verb.name}`)}"`,
    renderLine(asSentence(verb.description)),
    ...verb.arguments.flatMap(({ term, description, choices }) =>
      item(bold(term), renderLine(asSentence(description)), choicesOf(choices))
    ),
    ...verb.options.flatMap(renderOption),
  ];
}

function renderOption({ term, description, choices, preset }: OptionPage): string[] {
  const unlessTold = preset === undefined ? "" : `Default: ${bold(preset)}.`;
  return item(bold(term), renderLine(asSentence(description)), choicesOf(choices), unlessTold);
}

function choicesOf(choices: readonly string[]): string {
  return choices.length === 0 ? "" : `One of: ${choices.map(bold).join(", ")}.`;
}

/** `--help` has lines without a capital and a full stop. */
function asSentence(line: string): string {
  return line === "" ? "" : `${line.charAt(0).toUpperCase()}${line.slice(1)}.`;
}
