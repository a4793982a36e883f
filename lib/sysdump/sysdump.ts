/**
 * `tproxy sysdump`: everything that a bug report needs, in one archive.
 *
 * @module
 */

import { type Answer, toJson } from "../commands/answer.ts";
import { readConfig } from "../config/read.ts";
import { gather } from "../doctor/fact.ts";
import { InputError } from "../errors.ts";
import { OK } from "../exit_code.ts";
import { readRecordFile } from "../setup/setup_record_file.ts";
import { Anonymizer, withoutSecrets } from "./anonymize.ts";
import { collect } from "./collect.ts";
import { packTar } from "./tar.ts";

/** What was asked for. */
export interface SysdumpRequest {
  /** The archive, which must not be there. */
  readonly file: string;
  /** Whether addresses and host names are replaced. */
  readonly anonymize: boolean;
  /** The configuration file. */
  readonly config: string;
}

/** The folder in the archive. */
const FOLDER = "one-tproxy-sysdump";

/**
 * Writes the archive. Nobody but root may read it.
 *
 * @param request What was asked for.
 * @returns Which file it is, and what is in it; the exit code is 0.
 * @throws {InputError} If the file is there already.
 * @throws {Deno.errors.NotCapable} Without the permissions of `sysdump` in `lib/permissions/command_permissions.ts`.
 */
export async function writeSysdump({ file, anonymize, config }: SysdumpRequest): Promise<Answer> {
  using archive = await createFile(file);
  try {
    const collected = (await collect(config)).map(({ path, text }) => ({ path, text: withoutSecrets(text) }));
    const anonymizer = anonymize ? new Anonymizer(await hostNames(config)) : undefined;
    const files = collected.map(({ path, text }) => {
      return { path: `${FOLDER}/${path}`, text: anonymizer?.anonymize(text) ?? text };
    });
    const bytes = await packTar(files, Date.now() / 1000);
    for (let written = 0; written < bytes.length;) written += await archive.write(bytes.subarray(written));
    // A disk may say only now that it is full.
    await archive.sync();
    const paths = files.map(({ path }) => path);
    const read = anonymize ? "" : `; it has addresses, which --anonymize replaces`;
    return {
      text: `${file}: ${paths.length} files, ${Math.ceil(bytes.length / 1024)} KiB${read}`,
      notes: [],
      json: toJson({ file, bytes: bytes.length, files: paths }),
      exitCode: OK,
    };
  } catch (error) {
    await Deno.remove(file);
    throw error;
  }
}

async function createFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw cause;
    throw new InputError(`${path} is there already`, "name another file, or remove that one", { cause });
  }
}

/** The names of services, which are host names of this site. */
async function hostNames(path: string): Promise<string[]> {
  const [config, record] = await Promise.all([gather(() => readConfig(path)), gather(readRecordFile)]);
  const configured = config.known ? config.value.entries ?? [] : [];
  const recorded = record.known ? [...record.value.bridges.values()].flat().flatMap(({ endpoints }) => endpoints) : [];
  return [...configured.map(({ remoteAddr }) => remoteAddr), ...recorded.flatMap(({ remoteName }) => remoteName ?? [])]
    .filter((name) => /[a-z]/i.test(name) && name !== "localhost");
}
