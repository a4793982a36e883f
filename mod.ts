/**
 * one-tproxy: transparent proxies for OpenNebula hypervisors, the "string-phone". The four programs are in `cmd/`; this
 * is the library that they share, for reviewers and for tools that want to read what they read.
 *
 * | part | what it is for |
 * |---|---|
 * | names | every address, device, namespace, map, file and title |
 * | config | `OpenNebulaNetwork.conf` becomes endpoints for a network |
 * | nft | endpoints become nft scripts, and nft's listings become endpoints |
 * | routes | what `tproxy` tells the daemons to serve |
 * | preamble | the PROXY v2 header of a plain stream, and of a connection to a service that asks for it |
 * | permissions | what each program may do |
 *
 * @example From the configuration to the rules of a bridge
 * ```ts
 * import assert from "node:assert/strict";
 * import { namesOf, parseBridgeName, parseConfig, renderUp, selectEndpoints } from "@one/tproxy";
 *
 * const text = ":tproxy:\n- :service_port: 5030\n  :remote_addr: 10.11.12.13\n  :remote_port: 80\n";
 * const { endpoints } = await selectEndpoints(parseConfig(text, "a.conf"), { name: "vnet0" });
 * const bridge = parseBridgeName("br0");
 * assert.ok(renderUp([{ bridge, endpoints }], "ibrname").includes(namesOf(bridge).map));
 * ```
 *
 * @module
 */

export { type Addresses, type Endpoint, isDiallable, isIpv4, isPort, remoteOf } from "./lib/address.ts";
export {
  type Config,
  type ConfigEntry,
  type Doubt,
  type NetworkReference,
  type Position,
  type Problem,
} from "./lib/config/config.ts";
export { describeProblem } from "./lib/config/config.ts";
export { parseConfig } from "./lib/config/parse.ts";
export { checkConfig, type CheckedConfig, type CheckedEntry, type HostFacts } from "./lib/commands/check_config.ts";
export { YamlError } from "./lib/config/yaml_error.ts";
export { readConfig } from "./lib/config/read.ts";
export type { NamedAddresses } from "./lib/config/named_addresses.ts";
export type { Resolve } from "./lib/config/resolve_entry.ts";
export {
  appliesTo,
  type Network,
  type SelectedEndpoint,
  selectEndpoints,
  type Selection,
} from "./lib/config/select.ts";
export { type DaemonProgram, type Form } from "./lib/permissions/form.ts";
export { commandPermissions, type FormReads } from "./lib/permissions/command_permissions.ts";
export { innerPermissions, outerPermissions, probePermissions } from "./lib/permissions/daemon_permissions.ts";
export { type Permissions, toFlags } from "./lib/permissions/permissions.ts";
export { COMMAND_PROGRAMS, type CommandProgram } from "./lib/permissions/verbs.ts";
export {
  ConfigError,
  DaemonError,
  describe,
  InputError,
  KernelStateError,
  LockError,
  TproxyError,
} from "./lib/errors.ts";
export { DEFAULT_LIMITS, type EndpointOptions, type Limits } from "./lib/limits.ts";
export { type DebugLevel } from "./lib/log.ts";
export { type BridgeName, GUEST_ADDRESS, parseBridgeName } from "./lib/names.ts";
export { type BridgeNames, namesOf } from "./lib/names_of.ts";
export { DEFAULT_CONFIG_PATH } from "./lib/paths.ts";
export { type DaemonNames, innerOf, type InnerRole, OUTER, type OuterRole, type Role, type Title } from "./lib/role.ts";
export { type MapListing, parseMaps } from "./lib/nft/parse_state.ts";
export type { BridgeForm } from "./lib/nft/matches.ts";
export { type BridgeRules, renderDown, renderUp, type TableObject, type Tables } from "./lib/nft/bridge_script.ts";
export {
  encodePreamble,
  type FixedPart,
  parseAddresses,
  parseFixedPart,
  type Preamble,
} from "./lib/protocol/proxy_v2.ts";
export { parseInnerRoutes, parseOuterRoutes } from "./lib/protocol/parse_routes.ts";
export {
  type InnerRoutes,
  type OuterRoutes,
  renderInnerRoutes,
  renderOuterRoutes,
  type ServedPort,
} from "./lib/protocol/routes.ts";
