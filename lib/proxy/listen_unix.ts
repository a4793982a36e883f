/**
 * Outer's UNIX socket of a bridge: how it takes over from a predecessor's, and how it is left to a successor.
 *
 * @module
 */

import { type BridgeName, namesOf } from "../names.ts";
import { lstatIfThere } from "../run_dir.ts";
import { acceptAll, backlogEmpty } from "./accept.ts";
import { close } from "./connection.ts";

/** A socket that is listened on. */
export interface StringListener {
  /** Removes the socket unless it is somebody else's by now, takes what has come in before, and closes the listener. */
  close(): Promise<void>;
}

/**
 * Listens on a bridge's socket.
 *
 * @param bridge The bridge.
 * @param take What to do with a connection. It should not throw: that is logged, and takes nothing from the others.
 * @returns The listener.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:` for the socket's next name, `--allow-read` and
 * `--allow-write` for its folder.
 */
export async function listenForStrings(
  bridge: BridgeName,
  take: (connection: Deno.UnixConn) => Promise<void>,
): Promise<StringListener> {
  const { stringDir, socket, nextSocket } = namesOf(bridge);
  // Bound under another name and renamed, the new socket takes over from an old one, or from a stale file, with no
  // moment at which a guest would find none.
  await removeSocket(nextSocket);
  const listener = Deno.listen({ transport: "unix", path: nextSocket });
  const { ino } = await Deno.stat(nextSocket);
  // Inner is of the folder's group. Nobody else gets this far, but for who runs as outer's user.
  await Deno.chown(nextSocket, null, (await Deno.stat(stringDir)).gid);
  await Deno.chmod(nextSocket, 0o660);
  await Deno.rename(nextSocket, socket);
  let accepted = 0;
  const accepting = acceptAll(listener, (connection) => {
    accepted++;
    return take(connection as Deno.UnixConn);
  }, { bridge });
  return {
    close: async () => {
      if ((await lstatIfThere(socket))?.ino === ino) await removeSocket(socket);
      await backlogEmpty(() => accepted);
      close(listener);
      await accepting;
    },
  };
}

async function removeSocket(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
