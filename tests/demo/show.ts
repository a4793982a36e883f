/**
 * The output of the demo on a terminal, with colour if the terminal has it.
 *
 * @module
 */

const COLOR = Deno.stdout.isTerminal() && !Deno.noColor;

function paint(code: number, text: string): string {
  return COLOR ? `\x1b[${code}m${text}\x1b[0m` : text;
}

/** Text that is less important. */
export function dim(text: string): string {
  return paint(2, text);
}

/** The heading of a part. */
export function headline(text: string): void {
  console.log(`\n${paint(1, text)}`);
}

/** A command and its host. */
export function prompt(where: string, command: string): void {
  console.log(`${paint(36, `${where}#`)} ${command}`);
}

/** A remark. */
export function explain(text: string): void {
  console.log(text);
}

/** The last line, which tells whether the demo worked. */
export function verdict(good: boolean, text: string): void {
  console.log(`\n${paint(good ? 32 : 31, text)}`);
}

/** The path of a guest's request. */
export const PICTURE = `
  guest1 192.168.150.11                    hv1                       onegate 10.11.12.13:5030
     │  http://169.254.16.9:5030  ┌─────────────────────┐                      ▲
     └──── br0 ──── br0b═br0a ───▶│ one_tproxy_br0      │                      │
            │                     │   │  UNIX socket    │                      │
          cable                   │   ▼                 │                      │
            │                     │ one_tproxy ─────────┼──────────────────────┤
     ┌──── br0 ──── br0b═br0a     └─────────────────────┘                      │
     │                   └──────▶ hv2: the same ───────────────────────────────┘
  guest2 192.168.150.12`;
