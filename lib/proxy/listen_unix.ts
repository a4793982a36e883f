/**
 * Outer's UNIX socket of a bridge. It replaces the socket of a predecessor, and a successor replaces it.
 *
 * @module
 */

import { type BridgeName, namesOf } from "../names.ts";
import { lstatIfThere, removeIfThere } from "../run_dir.ts";
import { acceptAll, backlogEmpty } from "./accept.ts";
import { close } from "./connection.ts";

/** A socket that is listened on. */
export interface StringListener {
  /**
   * Removes the socket unless a successor has replaced it, accepts the connections in the backlog, and closes the
   * listener.
   */
  close(): Promise<void>;
}

/**
 * Listens on a bridge's socket.
 *
 * @param bridge The bridge.
 * @param take Serves a connection. It should not throw; an error is logged and does not affect other connections.
 * @returns The listener.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:` for the socket's temporary name, `--allow-read` and
 * `--allow-write` for its folder.
 */
export async function listenForStrings(
  bridge: BridgeName,
  take: (connection: Deno.UnixConn) => Promise<void>,
): Promise<StringListener> {
  const { stringDir, socket, nextSocket } = namesOf(bridge);
  // The new socket is bound under a temporary name and then renamed over an old one or a stale file. There is always a
  // socket to connect to.
  await removeIfThere(nextSocket);
  const listener = Deno.listen({ transport: "unix", path: nextSocket });
  const { ino } = await Deno.stat(nextSocket);
  // Inner has the folder's group. Nobody else can reach the socket, except processes of outer's user.
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
      if ((await lstatIfThere(socket))?.ino === ino) await removeIfThere(socket);
      await backlogEmpty(() => accepted);
      close(listener);
      await accepting;
    },
  };
}
