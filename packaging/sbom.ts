/**
 * The software bill of materials in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). It has neither a time nor a
 * serial number, so that the same parts give the same file. Pure.
 *
 * @module
 */

import type { Package } from "./packages.ts";

/** What a distribution is made of. */
export interface Parts {
  /** The name of the whole. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  /** Its license, an SPDX identifier. */
  readonly license: string;
  /** The runtime's version, and the SHA-256 of its one file in hexadecimal digits. */
  readonly runtime: { readonly version: string; readonly sha256: string };
  /** The packages that the programs themselves import, by name. */
  readonly imports: readonly string[];
  /** All packages, by their keys. */
  readonly packages: ReadonlyMap<string, Package>;
}

/**
 * Renders a bill of materials.
 *
 * @param parts What is in it.
 * @returns JSON.
 */
export function renderSbom({ name, version, license, runtime, imports, packages }: Parts): string {
  const own = `pkg:generic/${name}@${version}`;
  const deno = `pkg:github/denoland/deno@v${runtime.version}`;
  const refOf = (key: string) => packages.has(key) ? [purlOf(packages.get(key) as Package)] : [];
  const direct = [...packages.values()].filter((found) => imports.includes(found.name)).map(purlOf);
  const sbom = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { type: "application", "bom-ref": own, name, version, ...licensed(license), purl: own } },
    components: [
      {
        ...{ type: "platform", "bom-ref": deno, name: "deno", version: runtime.version },
        ...{ hashes: [{ alg: "SHA-256", content: runtime.sha256 }], ...licensed("MIT"), purl: deno },
      },
      ...[...packages.values()].map((found) => ({
        ...{ type: "library", "bom-ref": purlOf(found), name: found.name, version: found.version },
        ...{ hashes: [hashOf(found.integrity)], ...licensed(found.license), purl: purlOf(found) },
      })),
    ],
    dependencies: [
      { ref: own, dependsOn: [deno, ...direct] },
      { ref: deno },
      ...[...packages.values()].map((found) => ({ ref: purlOf(found), dependsOn: found.needs.flatMap(refOf) })),
    ],
  };
  return `${JSON.stringify(sbom, undefined, 2)}\n`;
}

/** A package URL (https://github.com/package-url/purl-spec): the "@" of a scope is written as "%40". */
function purlOf({ name, version }: Package): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

/** CycloneDX has different members for an identifier and an expression. */
function licensed(license: string | undefined): object {
  if (license === undefined) return {};
  return { licenses: [/^[\w.-]+$/.test(license) ? { license: { id: license } } : { expression: license }] };
}

/** The lock file has base64, as npm does; CycloneDX wants hexadecimal digits. */
function hashOf(integrity: string): { alg: string; content: string } {
  return { alg: "SHA-512", content: Uint8Array.fromBase64(integrity.slice("sha512-".length)).toHex() };
}
