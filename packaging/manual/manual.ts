/**
 * The manual and the completions of a distribution, below its `share/`.
 *
 * @module
 */

import { build } from "../../cmd/cli.ts";
import { SETUP } from "../../cmd/cli_setup.ts";
import { TPROXY } from "../../cmd/cli_tproxy.ts";
import { CONFIG_BELOW, FORMER_REMOTES_FOLDER, REMOTES_FOLDER } from "../../lib/paths.ts";
import { VERSION } from "../../lib/version.ts";
import { makeFolder, write } from "../tree.ts";
import { ROOT } from "../work_folder.ts";
import { describeProgram } from "./command_line.ts";
import { renderBash } from "./complete_bash.ts";
import { renderZsh } from "./complete_zsh.ts";
import { sectionOf } from "./markdown.ts";
import { type Head, renderPage, renderProgram, type Section } from "./page.ts";

const CONFIG_PAGE = "OpenNebulaNetwork-tproxy.conf";
const PAGES = ["tproxy(8)", "tproxy-setup(8)", `${CONFIG_PAGE}(5)`];

/** The programs, each with what its page says it is. */
const PROGRAMS = [
  {
    page: describeProgram("tproxy", build(TPROXY)),
    what:
      "Guests of this host reach chosen services at `169.254.16.9`. Proxies carry their connections: `one_tproxy` on " +
      "the host, and `one_tproxy_<br>` in a network namespace for each bridge `<br>`. `tproxy` starts and stops them, " +
      "keeps them as they should be, and tells how they are. Network drivers call it, and so may you; commands may be " +
      "repeated.",
  },
  {
    page: describeProgram("tproxy-setup", build(SETUP)),
    what: "Makes what guests of a bridge need on this host: a network namespace, a veth pair, rules and the map of " +
      "services. Hooks of OpenNebula's network drivers call it, or you do. Commands may be repeated: only what is " +
      "missing is made.",
  },
];

/** Headings of `docs/` that a program's page has, too. */
const PROGRAM_SECTIONS: Readonly<Record<string, string>> = { "EXIT STATUS": "Exit codes", FILES: "Files at run time" };
const CONFIG_SECTIONS: Readonly<Record<string, string>> = {
  KEYS: "Configuration keys",
  "SEVERAL ADDRESSES": "Several addresses",
  LIMITS: "Limits",
};

const DESCRIPTION = `The keys of one-tproxy in \`${CONFIG_BELOW}\` of OpenNebula's remotes: in ` +
  `\`${FORMER_REMOTES_FOLDER}\` on a hypervisor, and in \`${REMOTES_FOLDER}\` from OpenNebula 7.5.80 on.`;

const EXAMPLE = `\`\`\`
:tproxy:
  - :service_port: 5030
    :remote_addr: 10.11.12.13
    :remote_port: 5030
  - :service_port: 80
    :remote_addr: mirror.example.org
    :remote_port: 8080
    :networks: [7, vnet1]
\`\`\``;

/**
 * Writes the manual and the completions.
 *
 * @param share The folder `share` of a distribution.
 * @throws {Error} If a document lacks a section that a page takes from it.
 */
export async function writeManual(share: string): Promise<void> {
  const folders = ["man", "man/man5", "man/man8", "completions", "completions/bash", "completions/zsh"];
  for (const folder of folders) await makeFolder(`${share}/${folder}`);
  const documents = await readDocuments();
  const sections = (wanted: Readonly<Record<string, string>>): Section[] =>
    Object.entries(wanted).map(([heading, title]) => ({ heading, text: sectionOf(documents, title) }));
  for (const { page, what } of PROGRAMS) {
    const head = headOf(page.name, 8, lowered(page.description));
    const text = renderPage(head, renderProgram(page, what), sections(PROGRAM_SECTIONS));
    await write(`${share}/man/man8/${page.name}.8`, text);
    await write(`${share}/completions/bash/${page.name}`, renderBash(page));
    await write(`${share}/completions/zsh/_${page.name}`, renderZsh(page));
  }
  const config = renderPage(headOf(CONFIG_PAGE, 5, "which services guests reach at 169.254.16.9"), [], [
    { heading: "DESCRIPTION", text: DESCRIPTION },
    { heading: "EXAMPLES", text: EXAMPLE },
    ...sections(CONFIG_SECTIONS),
  ]);
  await write(`${share}/man/man5/${CONFIG_PAGE}.5`, config);
}

function headOf(name: string, section: 5 | 8, description: string): Head {
  const others = PAGES.filter((page) => page !== `${name}(${section})`);
  return { name, section, description, version: VERSION, others };
}

function lowered(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

async function readDocuments(): Promise<string[]> {
  const documents: string[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}docs`)) {
    if (name.endsWith(".md")) documents.push(await Deno.readTextFile(`${ROOT}docs/${name}`));
  }
  return documents;
}
