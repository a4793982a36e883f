/**
 * Resolving host names again. A service whose name has a new address follows it. If a name can't be resolved, its last
 * address stays.
 *
 * @module
 */

import { named, namedAddressesOf, toNamedAddresses } from "../config/named_addresses.ts";
import { LOCAL_BLOCKS, mayLeadTo, resolveAllIpv4 } from "../config/resolve_name.ts";
import { describe } from "../errors.ts";
import { withLock } from "../lock.ts";
import { log } from "../log.ts";
import { RUN_FILES } from "../paths.ts";
import { listState } from "../nft/nft.ts";
import { applyRecord } from "./apply_record.ts";
import type { NetworkRecord, SetupRecord } from "./setup_record.ts";
import { readRecordFile, recoverRecord, writeRecord } from "./setup_record_file.ts";

/** How long to wait for the lock. A VM's deploy may hold it; this refresh then fails, and the next one tries again. */
const LOCK_DEADLINE_MS = 30_000;

/** The addresses that a name has now. */
export type Answers = ReadonlyMap<string, readonly string[]>;

/**
 * Gives the endpoints of some networks the present addresses of their names. An address stays if the name still has it,
 * since a resolver returns several addresses in a different order each time.
 *
 * @param networks The networks of a bridge.
 * @param answers The addresses by name; a name that could not be resolved is missing.
 * @returns The networks, the very same ones if nothing changed.
 */
export function withAnswers(networks: readonly NetworkRecord[], answers: Answers): readonly NetworkRecord[] {
  let changed = false;
  const next = networks.map((network) => ({
    ...network,
    endpoints: network.endpoints.map((endpoint) => {
      const known = namedAddressesOf(endpoint);
      const now = known.map(({ address, name }) => {
        const addresses = answers.get(name ?? "") ?? [];
        return named(addresses.includes(address) ? address : addresses[0] ?? address, name);
      });
      if (now.every(({ address }, i) => address === known[i]?.address)) return endpoint;
      changed = true;
      return { ...endpoint, ...toNamedAddresses(now) };
    }),
  }));
  return changed ? next : networks;
}

/**
 * Resolves every name in the record and applies new addresses. If a bridge fails, that is logged, and the next refresh
 * tries again.
 *
 * @throws {import("../errors.ts").TproxyError} If the lock can't be taken, or nft's state can't be listed.
 * @throws {Deno.errors.NotCapable} Without `--allow-run` for getent, ip and nft, and `--allow-read=/run/netns`.
 */
export async function refreshNames(): Promise<void> {
  const names = namesIn(readRecordFile().bridges);
  if (names.size === 0) return;
  // Not under the lock: a resolver may take seconds, and a VM's deploy waits for the lock.
  const answers = await resolveAll(names);
  await withLock(RUN_FILES.setupLock, LOCK_DEADLINE_MS, async () => {
    let record = await recoverRecord(listState);
    for (const [bridge, networks] of record) {
      const next = withAnswers(networks, answers);
      if (next === networks) continue;
      const fields = { bridge, names: [...namesIn(new Map([[bridge, next]]))].join(" ") };
      log.info("A name has another address; following it", fields);
      try {
        // The record is written last: once it has the new address, the name is not tried again.
        await applyRecord(bridge, next, { keepsOthers: true });
        record = writeRecord(record, new Map([[bridge, next]]));
      } catch (error) {
        log.error("Cannot follow a name; trying again", { ...fields, error: describe(error) });
      }
    }
  });
}

function namesIn(record: SetupRecord): Set<string> {
  const endpoints = [...record.values()].flat().flatMap(({ endpoints }) => endpoints);
  return new Set(endpoints.flatMap(namedAddressesOf).map(({ name }) => name).filter((name) => name !== undefined));
}

async function resolveAll(names: ReadonlySet<string>): Promise<Answers> {
  const answers = new Map<string, readonly string[]>();
  await Promise.all([...names].map(async (name) => {
    try {
      const addresses = await resolveAllIpv4(name);
      const good = addresses.filter((address) => mayLeadTo(name, address));
      const fields = { name, addresses: addresses.join(" ") };
      if (good.length > 0) answers.set(name, good);
      else log.warning(`A name leads to ${LOCAL_BLOCKS}, or nowhere; its last address stays`, fields);
    } catch (error) {
      log.warning("Cannot look up a name; its last address stays", { name, error: describe(error) });
    }
  }));
  return answers;
}
