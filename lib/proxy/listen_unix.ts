/**
 * Outer's UNIX socket of a bridge. It replaces the socket of a predecessor, and a successor replaces it.
 *
 * @module
 */

import type { BridgeName } from "../names.ts";
import { namesOf } from "../names_of.ts";
import { newStringSocket } from "../outer_sockets.ts";
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
 * @param slot The number of this outer.
 * @param take Serves a connection. It should not throw; an error is logged and does not affect other connections.
 * @returns The listener.
 * @throws {Deno.errors.NotCapable} Without `--allow-net=unix:` for the socket's first name, `--allow-read` and
 * `--allow-write` for both its folders.
 */
export function listenForStrings(
  bridge: BridgeName,
  slot: number,
  take: (connection: Deno.UnixConn) => Promise<void>,
): StringListener {
  const { socket } = namesOf(bridge);
  // An outer that was killed may have left one.
  removeIfThere(newStringSocket(slot));
  const { listener, ino } = bind(newStringSocket(slot), socket);
  let accepted = 0;
  const accepting = acceptAll(listener, (connection) => {
    accepted++;
    return take(connection as Deno.UnixConn);
  }, { bridge });
  return {
    close: async () => {
      if (lstatIfThere(socket)?.ino === ino) removeIfThere(socket);
      await backlogEmpty(() => accepted);
      close(listener);
      await accepting;
    },
  };
}

/**
 * Listens at one path and moves the socket to another, over an old socket or a stale file. There is always a socket to
 * connect to.
 *
 * WHY nothing is awaited: the first path is the same for all bridges, and must never be another bridge's socket by the
 * time of the move.
 */
function bind(path: string, to: string): { listener: Deno.UnixListener; ino: number | null } {
  const listener = Deno.listen({ transport: "unix", path });
  try {
    const { ino } = Deno.lstatSync(path);
    // Only outer and the bridge's group can go through its folder, and outer is not in the group.
    Deno.chmodSync(path, 0o666);
    Deno.renameSync(path, to);
    return { listener, ino };
  } catch (error) {
    close(listener);
    throw error;
  }
}
