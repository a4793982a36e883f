import assert from "node:assert/strict";
import { parseVlanRecord } from "./vlan_record.ts";

const VLANS = [{ vid: 1, pvid: false, untagged: true }, { vid: 100, pvid: true, untagged: true }];

Deno.test("parseVlanRecord() reads what was written, and leaves out what is damaged", () => {
  const text = JSON.stringify({ br0: VLANS, "onebr.12": [], "../etc": VLANS, br1: [{ vid: 0 }], br2: 7 });
  assert.deepEqual([...parseVlanRecord(text)], [["br0", VLANS], ["onebr.12", []]]);
});

Deno.test("parseVlanRecord() takes nothing from what is no record", () => {
  for (const text of ["", "{", "[]", "null", "7", '"br0"']) assert.equal(parseVlanRecord(text).size, 0, text);
});
