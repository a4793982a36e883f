/**
 * Draws the pictures in `docs/` that are made from the tables: `deno task pictures`.
 *
 * @module
 */

import { ROOT } from "../work_folder.ts";
import { PROGRAMS } from "./programs.ts";
import { pictureOfRights } from "./rights.ts";
import { pictureOfWay } from "./way.ts";

await Deno.writeTextFile(`${ROOT}docs/permissions.svg`, pictureOfRights(PROGRAMS));
await Deno.writeTextFile(`${ROOT}docs/packet.svg`, pictureOfWay());
