/**
 * `validate_sbom <FILE`: prints what CycloneDX's own validator has against a bill of materials, as JSON; `null` if
 * nothing.
 *
 * @module
 */

// The validator finds these by itself, if they are there.
import "ajv";
import "ajv-formats";
import "ajv-formats-draft2019";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";

/** What is printed. */
export type Problems = readonly unknown[] | null;

const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
const problems = await validator.validate(await new Response(Deno.stdin.readable).text()) as Problems;
console.log(JSON.stringify(problems));
