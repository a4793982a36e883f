/**
 * The facts that the links of the path are judged by.
 *
 * @module
 */

import type { Endpoint } from "../address.ts";
import type { CheckedConfig } from "../commands/check_config.ts";
import type { Comparison } from "../commands/permissions_running.ts";
import type { Attempt } from "../connect_all.ts";
import type { Processes } from "../daemon/find_daemons.ts";
import type { Owner } from "../daemon/owner.ts";
import type { Fault } from "../fault.ts";
import type { BridgeName } from "../names.ts";
import type { Inside } from "../netns/inside.ts";
import type { Link } from "../netns/observe.ts";
import type { Applied } from "../nft/applied.ts";
import type { BridgeTable } from "../nft/fingerprint.ts";
import type { NftState } from "../nft/parse_state.ts";
import type { ConfigPlan } from "../setup/config_changes.ts";
import type { RecordFile } from "../setup/setup_record_file.ts";
import type { PathAttempt } from "../try_path.ts";
import type { Fact } from "./fact.ts";
import type { GuestFacts } from "./guest_facts.ts";
import type { Watch } from "./watch_facts.ts";

/** What somebody has asked for. */
export interface Scope {
  /** The configuration file. */
  readonly config: string;
  /** The only bridge to look at; all of them if it is missing. */
  readonly bridge?: BridgeName;
  /** The address of the guest that is not served; none if it is missing. */
  readonly guest?: string;
  /** The only service port to look at; all of them if it is missing. */
  readonly port?: number;
}

/** Facts that do not depend on others. */
export interface FirstFacts {
  /** The configuration; what it calls by name counts as resolved. */
  readonly config: Fact<CheckedConfig>;
  /** The files of the network drivers that something has replaced, and an archive beside them that was refused. */
  readonly replaced: Fact<readonly Fault[]>;
  /** Whether `tproxy stop` keeps the proxies from being started. */
  readonly stopped: Fact<boolean>;
  /** What `setup` has recorded. */
  readonly record: Fact<RecordFile>;
  /** Maps, and copies of the record. */
  readonly nft: Fact<NftState>;
  /** The rules of all bridges. */
  readonly table: Fact<BridgeTable>;
  /** The rules as `setup` applied them. */
  readonly applied: Fact<Applied>;
  /** All tables of nft, as JSON. */
  readonly ruleset: Fact<string>;
  /** The devices of the host namespace. */
  readonly links: Fact<readonly Link[]>;
  /** The daemons and all other processes. */
  readonly processes: Fact<Processes>;
  /** What is wrong with the rules for the proxies themselves. */
  readonly egress: Fact<readonly Fault[]>;
  /** The supervision. */
  readonly watch: Fact<Watch>;
  /** Whether IPv4 packets on bridges pass the chains of IPv4, where other rules may drop them. */
  readonly callsIptables: Fact<boolean>;
  /** The bytes that are left in the folder of the logs. */
  readonly logSpace: Fact<number>;
}

/** Why the path of a bridge was not tried out. */
export interface NotTried {
  /** A clause without a full stop. */
  readonly notTried: string;
}

/** A file or folder. */
export type FileFact = Pick<Deno.FileInfo, "uid" | "gid" | "mode" | "isDirectory" | "isSocket"> | undefined;

/** Facts of one bridge. */
export interface BridgeFacts {
  /** What is in its namespace. */
  readonly inside: Fact<Inside>;
  /** The inode of the namespace; `undefined` if there is none. */
  readonly netns: Fact<number | undefined>;
  /** The folder of its socket. */
  readonly stringDir: Fact<FileFact>;
  /** The socket. */
  readonly socket: Fact<FileFact>;
  /** The guest that was asked for; missing if none was. */
  readonly guest?: Fact<GuestFacts>;
}

/** Everything that is known. */
export interface Facts extends FirstFacts {
  /** What was asked for. */
  readonly scope: Scope;
  /** The bridges that should have a proxy, and those that were asked for, in ascending order. */
  readonly bridges: ReadonlyMap<BridgeName, BridgeFacts>;
  /** What their guests should be served, as far as it was asked for; at least one endpoint each. */
  readonly endpoints: ReadonlyMap<BridgeName, readonly Endpoint[]>;
  /** What the configuration would change. */
  readonly plan: Fact<ConfigPlan>;
  /** The IPv4 addresses of each name. */
  readonly names: ReadonlyMap<string, Fact<readonly string[]>>;
  /** The daemons that are stopped or show no sign of life. */
  readonly lifeless: Fact<readonly Fault[]>;
  /** The daemons that do not listen on all that they should. */
  readonly deaf: Fact<readonly Fault[]>;
  /** How the daemons differ from those that would be started now. */
  readonly comparisons: Fact<readonly Comparison[]>;
  /** The user that all proxies run as, if there is one. */
  readonly owner: Fact<Owner>;
  /** What has become of a connection to each service, as outer's user. */
  readonly dials: Fact<readonly Attempt[]>;
  /** What has become of the probe on each bridge, or why there was none; none if it was not asked for. */
  readonly paths: ReadonlyMap<BridgeName, Fact<PathAttempt | NotTried>>;
  /** The folders that all proxies have to go through. */
  readonly folders: Fact<ReadonlyMap<string, FileFact>>;
}
