/**
 * `driver COMMANDS`: runs commands, given as JSON, one after another, as a network driver in a scripting language does.
 *
 * @module
 */

import { text } from "../../../packaging/command.ts";

for (const argv of JSON.parse(Deno.args[0] ?? "[]")) await text(argv);
