/**
 * Which test files a command line means.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url).pathname;

/** The arguments of `deno task test`, taken apart. */
export interface Chosen {
  /** The test files that are named, or are in a folder that is named, in ascending order. */
  readonly files: readonly string[];
  /** All other arguments, and what follows `--`: options of each run. */
  readonly options: readonly string[];
}

/**
 * Takes the arguments of `deno task test` apart.
 *
 * @param args The arguments, for example `tests/faults/ --filter reset`. A folder ends with `/`.
 * @returns Files and options.
 */
export async function chooseFiles(args: readonly string[]): Promise<Chosen> {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  const isPath = (arg: string, i: number) => i < end && arg.startsWith("tests/");
  const files = await Promise.all(args.filter(isPath).map(testFiles));
  return { files: files.flat().toSorted(), options: args.filter((arg, i) => !isPath(arg, i)) };
}

async function testFiles(path: string): Promise<string[]> {
  if (!path.endsWith("/")) return [path];
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${ROOT}${path}`)) {
    if (isDirectory) found.push(...await testFiles(`${path}${name}/`));
    else if (name.endsWith("_test.ts")) found.push(`${path}${name}`);
  }
  return found;
}
