/**
 * A download that lasts as long as a test wants.
 *
 * @module
 */

import { until } from "../../packaging/command.ts";
import type { Host } from "./host.ts";

/** Starts a download that pauses until the test lets it finish, and waits until data has arrived. */
export async function startDownload(gate: Host, guest: Host): Promise<{ finish(): Promise<boolean> }> {
  await gate.text(["dd", "if=/dev/urandom", "of=/run/nginx-5030/files/big", "bs=1M", "count=20", "status=none"]);
  // Nothing reads the FIFO yet, so the stream lives for as long as the test wants.
  await guest.text(["mkfifo", "/run/fifo", "/run/go"]);
  const download = guest.start([
    ...["curl", "-sS", "--fail", "-o", "/run/fifo", "http://169.254.16.9:5030/files/big"],
  ]);
  const hold = guest.start(["sh", "-c", "exec 3</run/fifo; read -r go </run/go; sha256sum <&3"]);
  await until("the download is under way", async () => {
    // An established connection is not enough: it may still wait in the proxy's backlog.
    const { stdout } = await guest.run(["ss", "-Htin", "state", "established", "dst", "169.254.16.9"]);
    return Number(/bytes_received:(\d+)/.exec(stdout)?.[1] ?? 0) > 0;
  });
  return {
    /** Lets the download go on, and says whether it arrived unchanged. */
    async finish(): Promise<boolean> {
      await guest.text(["sh", "-c", "echo go >/run/go"]);
      const code = await download.ended();
      await hold.ended();
      const want = (await gate.text(["sha256sum", "/run/nginx-5030/files/big"])).slice(0, 64);
      return code === 0 && hold.output.includes(want);
    },
  };
}
