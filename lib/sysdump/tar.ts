/**
 * Packing texts into an archive that tar(1) reads: the format ustar of POSIX, compressed by gzip. Pure.
 *
 * @module
 */

/** A file of an archive. */
export interface TarFile {
  /** Its path: at most 100 bytes of ASCII. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
}

/** Headers and contents come in blocks of this size, in bytes. */
const BLOCK = 512;

/**
 * Packs files.
 *
 * @param files The files.
 * @param mtime When they were made, in seconds since 1970.
 * @returns The archive, a `.tar.gz`.
 * @throws {RangeError} If a path is longer than the format allows.
 */
export async function packTar(files: readonly TarFile[], mtime: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts = files.flatMap(({ path, text }) => {
    const content = new TextEncoder().encode(text);
    return [header(path, content.length, mtime), content, new Uint8Array(-content.length & (BLOCK - 1))];
  });
  // Two empty blocks are the end.
  const tar = new Blob([...parts, new Uint8Array(2 * BLOCK)]).stream();
  return await new Response(tar.pipeThrough(new CompressionStream("gzip"))).bytes();
}

function header(path: string, size: number, mtime: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BLOCK);
  const put = (at: number, text: string) => bytes.set(new TextEncoder().encode(text), at);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  if (path.length > 100) throw new RangeError(`The path ${path} is too long for an archive`);
  put(0, path);
  put(100, octal(0o600, 7) + octal(0, 7) + octal(0, 7));
  put(124, octal(size, 11) + octal(Math.floor(mtime), 11));
  // The checksum is taken with spaces in its place.
  put(148, " ".repeat(8));
  put(156, "0");
  put(257, "ustar\x0000");
  put(148, `${octal(bytes.reduce((sum, byte) => sum + byte, 0), 6)} `);
  return bytes;
}
