import assert from "node:assert/strict";
import type { Endpoint } from "../address.ts";
import { parseBridgeName } from "../names.ts";
import type { NftState } from "./parse_state.ts";
import { renderRelease } from "./release_script.ts";

const ENDPOINT: Endpoint = { servicePort: 80, remoteAddr: "10.0.0.1", remotePort: 8080 };

/**
 * What nft holds of some bridges: each with these endpoints, and of the others' kind with what the driver does not
 * know.
 */
function state(ours: Record<string, Endpoint[]>, drivers: Record<string, Endpoint[]> = {}): NftState {
  const object = (kind: string, name: string) => ({ family: "bridge" as const, kind, name, elements: [] });
  const maps = Object.entries({ ...ours, ...drivers }).map(([bridge, list]) =>
    [parseBridgeName(bridge), list] as const
  );
  return {
    maps: { bridges: new Map(maps), unusable: new Map(), warnings: [] },
    objects: [
      ...Object.keys({ ...ours, ...drivers }).map((bridge) => object("chain", `ch_${bridge}`)),
      ...Object.keys(ours).flatMap((bridge) => [
        object("chain", `guard_${bridge}`),
        object("chain", `redirect_${bridge}`),
        object("chain", `sender_${bridge}`),
        object("chain", `port_${bridge}`),
        object("set", `redirected_${bridge}`),
        // Those of senders and newcomers are of a former version.
        object("set", `senders_${bridge}`),
        object("set", `newcomers_${bridge}`),
        object("set", `record_${bridge}`),
        object("set", "guest_kinds"),
      ]),
    ],
    copies: new Map(),
  };
}

Deno.test("renderRelease() takes away what the driver does not know, and leaves it map and chain", () => {
  assert.deepEqual(renderRelease(state({ br0: [ENDPOINT] }, { br1: [ENDPOINT] })), {
    bridges: ["br0"],
    script: [
      "flush chain bridge one_tproxy guard_br0",
      "delete chain bridge one_tproxy guard_br0",
      "flush chain bridge one_tproxy redirect_br0",
      "delete chain bridge one_tproxy redirect_br0",
      "flush chain bridge one_tproxy port_br0",
      "delete chain bridge one_tproxy port_br0",
      "flush chain bridge one_tproxy sender_br0",
      "delete chain bridge one_tproxy sender_br0",
      "delete set bridge one_tproxy record_br0",
      "delete set bridge one_tproxy redirected_br0",
      "delete set bridge one_tproxy senders_br0",
      "delete set bridge one_tproxy newcomers_br0",
      "delete set bridge one_tproxy guest_kinds",
      "",
    ].join("\n"),
  });
});

Deno.test("renderRelease() takes the comments from elements that have options, and touches no other", () => {
  const limited = { ...ENDPOINT, servicePort: 81, options: { maxConnections: 5 } };
  const { script } = renderRelease(state({ br0: [ENDPOINT, limited] }));
  assert.match(
    script,
    /^delete element ip one_tproxy ep_br0 \{ 81 \}\nadd element ip one_tproxy ep_br0 \{ 81 : 10\.0\.0\.1 \. 8080 \}$/m,
  );
  assert.doesNotMatch(script, /comment|flush map/);
});

Deno.test("renderRelease() has nothing to do for bridges that the driver has made, or that have nothing left", () => {
  for (const none of [state({}, { br0: [ENDPOINT] }), state({})]) {
    assert.deepEqual(renderRelease(none), { bridges: [], script: "" });
  }
});

Deno.test("renderRelease() finds what is left of a bridge without a map, and nobody else's chain", () => {
  const { maps, objects } = state({ br0: [] });
  const other = { family: "bridge" as const, kind: "chain", name: "guard_no bridge", elements: [] };
  const { bridges } = renderRelease({ objects: [...objects, other], maps: { ...maps, bridges: new Map() } });
  assert.deepEqual(bridges, ["br0"]);
});
